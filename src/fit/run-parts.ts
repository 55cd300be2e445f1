import type * as tf from '@tensorflow/tfjs';
import { drawsAtRandom } from '../learner/draws-at-random.ts';
import { KeptFields } from '../learner/kept-fields.ts';
import type { Learner } from '../learner/learner.ts';
import { type CompiledModel, trainableVariables } from '../learner/model.ts';
import { requireNoMinimize } from '../learner/optimizer.ts';
import type { Method } from '../methods/method.ts';
import { isUniform } from '../methods/uniform.ts';
import { withOwnWeights } from '../optimizers/with-averages.ts';
import { Random } from '../sampling/random.ts';
import { givenCallbacks } from './callbacks.ts';
import { isRepeatable } from './engine.ts';
import { EpochValidation } from './epoch-validation.ts';
import { identityOf } from './identity.ts';
import { Membership } from './membership.ts';
import type { RunBeginning } from './run-beginning.ts';
import type { RunOptions } from './run-options.ts';
import type { RunProgress } from './run-progress.ts';
import type { RunRecord } from './run-record.ts';
import { RunState } from './run-state.ts';
import { Trainer } from './trainer.ts';
import { methodOf, usableMethod } from './used-method.ts';
import { isWatching, type StepWatcher } from './watches-steps.ts';

/** What a run is put together of. */
export interface RunParts {
  readonly model: tf.LayersModel;
  readonly compiled: CompiledModel;
  readonly learner: Learner;
  readonly options: RunOptions;
  readonly method: Method;
  readonly trainer: Trainer;
  /** Absent where nothing is drawn by it. */
  readonly seed: number | undefined;
  readonly progress: RunProgress;
  readonly record: RunRecord;
  readonly state: RunState;
  readonly validation: EpochValidation | undefined;
  /** Where there are other processes. */
  readonly membership: Membership | undefined;
  readonly beginning: RunBeginning;
  /** Callbacks that look at each step. */
  readonly watching: readonly StepWatcher[];
}

/** @throws UnequalError if the method cannot train so. */
export function runParts(
  model: tf.LayersModel,
  compiled: CompiledModel,
  learner: Learner,
  options: RunOptions,
  beginning: RunBeginning,
): RunParts {
  const { batchSize, length, team, validation, schedule, shuffle = true, example } = options;
  const usable = usableMethod(model, learner, options);
  // Uniform sampling has an update only to make plain steps.
  if (usable.update && !isUniform(usable)) requireNoMinimize(compiled.optimizer);
  const method = team?.method(usable) ?? usable;
  const asModelFit = isUniform(usable) && drawsAsModelFit(compiled, learner, options);
  const seed = asModelFit ? 0 : (options.seed ?? Math.floor(Math.random() * 2 ** 31));
  const { clock, names, progress, record } = beginning;
  const random = new Random(seed);
  const source = options.source(asModelFit ? 'model.fit' : random.fork('order'));
  if (source.place) record.history.place = source.place;
  const trainer = new Trainer({
    ...{ learner, source, method, clock, random, batchSize, length, schedule },
    epochs: progress.epochs,
    metricNames: names.slice(1),
    progress: () => progress.followed(),
    parameterShapes: trainableVariables(compiled).map(({ shape }) => shape),
    turn: (update) => withOwnWeights(model, update),
  });
  progress.gained = () => trainer.gained;
  const { classWeight, sampleWeight } = options;
  const described = { model, compiled, method: methodOf(options), batchSize, length, shuffle, example, source };
  const identity = identityOf({ ...described, classWeight, sampleWeight }, Boolean(options.checkpoint));
  const fields = options.checkpoint || options.resume !== undefined ? new KeptFields(compiled) : undefined;
  return {
    ...{ model, compiled, learner, options, method, trainer, progress, record, beginning },
    seed: asModelFit ? undefined : seed,
    state: new RunState(seed, {
      ...{ progress, record, trainer, identity, options, fields, now: clock.now },
      outputs: compiled.outputNames,
    }),
    validation: validation && new EpochValidation(validation, { model, learner, trainer, names, options }),
    membership: team && new Membership(team, { trainer, learner, source, identity, epochs: progress.epochs }),
    watching: givenCallbacks(options.callbacks).filter(isWatching),
  };
}

/**
 * Whether nothing is drawn but the order of the samples, which may be that of `model.fit` then: a program that seeds `Math.random` gets
 * the same batches, and the same numbers afterwards.
 */
function drawsAsModelFit(compiled: CompiledModel, learner: Learner, options: RunOptions): boolean {
  const goesOn = isRepeatable(options) || options.team !== undefined || learner.onDevice !== undefined;
  return !goesOn && !drawsAtRandom(compiled);
}
