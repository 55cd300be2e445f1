import * as tf from '@tensorflow/tfjs';
import { exchangedKernels } from '../compiler/index.ts';
import { AutoLearner } from '../learner/auto.ts';
import type { ModelBatch } from '../learner/batch.ts';
import type { Learner } from '../learner/learner.ts';
import { allVariables, type CompiledModel, compiledModel, trainableVariables } from '../learner/model.ts';
import { isRepeatable, makeLearner } from './engine.ts';

interface Kept {
  readonly learner: Learner;
  /** What the learner was made for. */
  readonly parts: readonly unknown[];
}

type LearnerArgs = Parameters<typeof makeLearner>[1];

const kept = new WeakMap<CompiledModel, Kept>();

/** The models whose learners are kept, the one trained last at the end; their sessions take memory. */
let recent: WeakRef<CompiledModel>[] = [];
/** That many in any case, and more while they share what is loaded: the members of an ensemble, for example. */
const [least, most, mostSessions] = [8, 64, 32];

/**
 * The learner of the last `fit` of this model, while model, loss, optimizer, metrics and engine are the same, or a new one.
 * Programs that call `fit` for every few samples would otherwise compile at every call.
 *
 * @param steps of the run, if it is known.
 */
export async function keptLearner(
  model: tf.LayersModel,
  args: LearnerArgs,
  example: ModelBatch,
  steps?: number,
): Promise<Learner> {
  const compiled = compiledModel(model);
  const parts = partsOf(compiled, args, example);
  const known = kept.get(compiled);
  if (known?.parts.length === parts.length && known.parts.every((part, k) => part === parts[k])) {
    known.learner.lookAgain?.();
    if (known.learner instanceof AutoLearner) await known.learner.prepare(example, steps);
    Object.assign(known.learner.counters, { forward: 0, backward: 0 });
    return known.learner;
  }
  kept.delete(compiled);
  let learner: Learner;
  try {
    learner = await makeLearner(model, args, example, steps);
  } finally {
    // Not before: a model that is compiled anew before every fit has the same programs.
    await known?.learner.dispose();
  }
  kept.set(compiled, { learner, parts });
  await note(compiled);
  return learner;
}

/** Lets go of a learner that has failed. */
export async function forgetLearner(compiled: CompiledModel): Promise<void> {
  const known = kept.get(compiled);
  kept.delete(compiled);
  await known?.learner.dispose();
}

async function note(model: CompiledModel): Promise<void> {
  recent = recent.filter((one) => one.deref() !== undefined && one.deref() !== model);
  recent.push(new WeakRef(model));
  while (recent.length > most || (recent.length > least && sessions().size > mostSessions)) {
    const oldest = recent[0].deref();
    // One that is being trained, in another fit at the same time, stays.
    if (oldest === undefined || oldest.isTraining) return;
    recent.shift();
    await forgetLearner(oldest);
  }
}

/** What the kept learners have loaded. */
function sessions(): Set<object> {
  return new Set(
    recent.flatMap((one) => {
      const model = one.deref();
      return [...((model && kept.get(model)?.learner.sessions?.()) ?? [])];
    }),
  );
}

function partsOf(model: CompiledModel, args: LearnerArgs, { xs, ys, lossWeights }: ModelBatch): unknown[] {
  return [
    args.engine ?? 'auto',
    args.providers?.join(),
    args.runtime,
    isRepeatable(args),
    // Eager or compiled may depend on it.
    tf.getBackend(),
    exchangedKernels(),
    model.optimizer,
    model.loss,
    // Made anew by `model.compile`, whatever it is given.
    model.lossFunctions,
    ...model.lossFunctions,
    ...model.metricsTensors.flat(),
    ...trainableVariables(model),
    'all',
    ...allVariables(model),
    ...(model as unknown as tf.LayersModel).layers,
    lossWeights?.length,
    ...[...xs, ...ys].flatMap(({ dtype, shape }) => [dtype, shape.length]),
  ];
}
