import * as tf from '@tensorflow/tfjs';
import { isMissingRuntime } from '../compiler/index.ts';
import { fault, type UnequalError } from '../errors.ts';
import { AutoLearner } from '../learner/auto.ts';
import type { ModelBatch } from '../learner/batch.ts';
import { CompiledLearner } from '../learner/compiled.ts';
import { EagerLearner } from '../learner/eager.ts';
import type { Learner } from '../learner/learner.ts';
import { compiledModel, trainableVariables } from '../learner/model.ts';
import type { OwnCode } from '../learner/own-code/own-code.ts';
import { RareSizes } from '../learner/rare-sizes.ts';
import { allLayers, userCode } from '../learner/user-code.ts';
import { loadPart } from '../load-part.ts';
import { inNode } from '../platform.ts';
import type { EngineArgs } from './options.ts';
import { warnOnce } from './warn-once.ts';

interface Repeatable {
  readonly checkpoint?: unknown;
  readonly resume?: unknown;
  readonly seed?: number;
}

/** Stands for all models where it is the machine that lacks something. */
const machine = {};

/**
 * The learner for an engine, ready for batches like `example`.
 *
 * `'compiled'` runs through ONNX Runtime. `'eager'` runs on the TensorFlow.js backend that is set. `'auto'` compiles where
 * ONNX Runtime is installed; what cannot be compiled, or proves in the middle of a run to be something else at every step,
 * is trained eagerly after one warning that says why.
 *
 * @param steps of the first run, if it is known; `'auto'` trains small models eagerly where these are but a few.
 */
export async function makeLearner(
  model: tf.LayersModel,
  args: EngineArgs & Repeatable,
  example: ModelBatch,
  steps?: number,
): Promise<Learner> {
  const { engine = 'auto', providers, runtime } = args;
  const settings = { runtime, executionProviders: providers };
  const { changes, asks, says, unclear, scored, isAsRead } = await ownCode(model);
  if (engine === 'eager') return makeEager(model, scored);
  const isClear = asks === undefined && unclear === undefined;
  if (engine === 'compiled') {
    if (changes !== undefined) throw keepsState(changes, "keep it in a tf.Variable, or use engine: 'eager'");
    if (says !== undefined) throw printsEachTime(says, "or use engine: 'eager'");
    if (asks !== undefined) {
      const often = 'it is called more often than steps are made, to see whether it gives something else';
      warnOnce(model, 'engine', `code of the model may keep something from call to call (${asks}): ${often}`);
    }
    const learner = new CompiledLearner(model, settings, false, isClear, isAsRead);
    try {
      await learner.prepare(example);
    } catch (error) {
      await learner.dispose();
      throw error;
    }
    return learner;
  }
  const watched = isWatched() ? 'TensorFlow.js’s debug mode or profiler looks at each of its operations' : undefined;
  const kept = changes ?? asks;
  const mend = changes ? 'keep it in a tf.Variable' : mendOfAsked(asks ?? '');
  const why =
    watched ??
    (kept && keepsState(kept, mend).message) ??
    (says && printsEachTime(says, 'to have it compiled').message);
  if (why !== undefined) {
    warnOnce(model, 'engine', `training eagerly, several times slower: ${why}`);
    return makeEager(model, scored);
  }
  const learner = new AutoLearner(
    new CompiledLearner(model, settings, true, isClear, isAsRead),
    () => makeEager(model),
    (error) => {
      const why = error instanceof Error ? error.message : String(error);
      if (isMissingRuntime(error)) {
        const backend = `TensorFlow.js on its ${tf.getBackend()} backend trains, which may take several times as long`;
        warnOnce(machine, 'engine', `${why}. Until then ${backend}.`);
      } else {
        // It does so already.
        const cause = why.replace(/,? (or )?use engine: 'eager'/, '');
        warnOnce(model, 'engine', `training eagerly, several times slower: ${cause}`);
      }
    },
    isRepeatable(args) || providers ? undefined : rareSizes(model),
  );
  // Where it has to be found out which engine is faster, that is done first.
  await learner.prepare(example, onGpu() ? undefined : steps);
  if (learner.engine === 'eager' || providers || !onGpu()) return learner;
  const eager = await makeEager(model);
  if ((await timeOf(learner, example)) <= (await timeOf(eager, example))) return learner;
  await learner.dispose();
  return eager;
}

/** What the user's code in the model does beside computing from its inputs. */
async function ownCode(model: tf.LayersModel): Promise<OwnCode> {
  const compiled = compiledModel(model);
  if (userCode(compiled) === undefined) return {};
  return (await loadPart(() => import('../learner/own-code/own-code.ts'))).readOwnCode(compiled);
}

/** A compiled step is traced once: what code changes at each call would change that often, and no more. */
const keepsState = (changes: string, mend: string): UnequalError =>
  fault({ wrong: 'code of the model keeps something from call to call', got: changes, mend });

/** What to do about code that asks something for a number. What draws or tells the time is never the same. */
function mendOfAsked(asks: string): string {
  const callee = asks.slice(asks.lastIndexOf(' calls '));
  if (/random|crypto/i.test(callee))
    return 'draw it by tf.randomUniform or the like, which a compiled step does anew, too';
  if (/\b(Date|performance|process|now)\b/.test(callee))
    return 'let a callback assign it to a tf.Variable that is read here';
  return "keep it in a tf.Variable, or say engine: 'compiled' if it is always the same";
}

/** A compiled step runs none of this code. */
const printsEachTime = (says: string, mend: string): UnequalError =>
  fault({ wrong: 'code of the model prints at every call', got: says, mend: `print in a callback, ${mend}` });

function rareSizes(model: tf.LayersModel): RareSizes {
  const compiled = compiledModel(model);
  const recurrent = allLayers(compiled).some((layer) => layer instanceof tf.RNN);
  return new RareSizes(trainableVariables(compiled), recurrent);
}

/**
 * Whether the run may be made again, from its seed, or gone on with: its steps are those of the first time then, whatever the model was
 * trained on before.
 */
export const isRepeatable = ({ checkpoint, resume, seed }: Repeatable): boolean =>
  Boolean(checkpoint) || resume !== undefined || seed !== undefined;

/** Whether somebody wants to see each operation: a compiled step has none. */
const isWatched = (): boolean =>
  tf.env().getBool('DEBUG') || (tf.engine() as unknown as { state: { profiling: boolean } }).state.profiling;

/** On TensorFlow.js's `wasm` backend with the kernels it lacks for training. */
async function makeEager(model: tf.LayersModel, keeps?: string): Promise<Learner> {
  if (tf.getBackend() === 'wasm') await (await loadPart(() => import('../learner/wasm/complete.ts'))).completeWasm();
  return new EagerLearner(model, keeps);
}

/** Whether TensorFlow.js computes on a GPU, of which nobody knows beforehand whether it is faster. */
const onGpu = (): boolean => !inNode() && ['webgl', 'webgpu'].includes(tf.getBackend());

/** Milliseconds to differentiate a batch, which leaves no trace; the first time includes what is done only once. */
async function timeOf(learner: Learner, batch: ModelBatch): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let k = 0; k < 4; k++) {
    const start = performance.now();
    await learner.gradient(batch);
    if (k > 0) least = Math.min(least, performance.now() - start);
  }
  Object.assign(learner.counters, { forward: 0, backward: 0 });
  return least;
}
