import * as tf from '@tensorflow/tfjs';
import type { Samples } from '../data/samples.ts';
import { fault, UnequalError } from '../errors.ts';
import { makeLearner } from '../fit/engine.ts';
import type { Engine } from '../fit/options.ts';
import { checkProbe } from '../fit/probe.ts';
import { samplesProvider } from '../fit/provider.ts';
import { ShuffledSource } from '../fit/source.ts';
import { LossWeights } from '../fit/weights.ts';
import type { Learner } from '../learner/learner.ts';
import { compiledModel } from '../learner/model.ts';
import {
  checkSame,
  decodeDescription,
  decodePublished,
  describeData,
  describeLossWeights,
  describeWeights,
  isFixed,
  probe,
  type RunDescription,
} from './fingerprint.ts';
import { Ranges } from './ranges.ts';
import type { Store } from './store.ts';

/** What a scoring worker has of a run that it has found to be that of its model and its data. */
export interface JoinedRun {
  readonly nonce: string;
  readonly description: RunDescription;
  readonly ranges: Ranges;
  readonly learner: Learner;
  readonly source: ShuffledSource;
  /** Of the parameters that the learner has; -1 before the first. */
  version: number;
}

/** What a worker was given. Without a model it is made of what the master says. */
export interface WorkerParts {
  readonly model: tf.LayersModel | undefined;
  readonly samples: Samples;
  readonly options: {
    readonly engine?: Engine;
    readonly classWeight?: tf.ModelFitArgs['classWeight'];
    readonly sampleWeight?: ArrayLike<number> | tf.Tensor;
  };
}

/** @throws Refused if it is the run of another model or of other data. */
export async function joinRun(nonce: string, meta: Uint8Array, parts: WorkerParts): Promise<JoinedRun> {
  const description = decodeDescription(meta);
  try {
    const model = parts.model ?? (await modelOf(description));
    const compiled = compiledModel(model);
    const { classWeight, sampleWeight, engine } = parts.options;
    const lossWeights = new LossWeights(compiled, classWeight);
    const provider = await samplesProvider(compiled, parts.samples, sampleWeight, lossWeights);
    const source = new ShuffledSource(provider, null);
    const ranges = new Ranges(description.samples, description.range);
    const size = Math.min(description.range, provider.length);
    const example = await source.at(Int32Array.from({ length: size }, (_, k) => k));
    const learner = await makeLearner(model, { engine }, example);
    const own = { samples: provider.length, weights: describeWeights(await learner.state()) };
    const data = await describeData(source);
    checkSame(description, { ...own, data, lossWeights: await describeLossWeights(source) });
    return { nonce, description, ranges, learner, source, version: -1 };
  } catch (cause) {
    throw new Refused(cause, nonce);
  }
}

/**
 * Gives the learner of a run the parameters that its master has published.
 *
 * @throws Refused if a few samples have other scores than the master computed with them.
 */
export async function takeParameters(run: JoinedRun, latest: Awaited<ReturnType<Store['latest']>>): Promise<void> {
  const { nonce, learner, source, description } = run;
  if (latest === undefined) return;
  const state = await learner.state();
  const { version } = latest;
  const expected = { nonce, version, weights: state.weights, samples: description.samples };
  const { weights, probe: theirs } = decodePublished(latest.parameters, expected);
  const named = state.weights.map((one, k) => ({ ...one, data: weights[k] }));
  await learner.restore({ ...state, weights: named });
  const isFirst = run.version < 0;
  run.version = version;
  if (!isFirst || !isFixed(description.data)) return;
  try {
    checkProbe(await probe(learner, source, description.score), theirs);
  } catch (cause) {
    throw new Refused(cause, nonce);
  }
}

/** This worker cannot work for the run `nonce`, ever. */
export class Refused extends Error {
  declare readonly cause: UnequalError;

  constructor(
    cause: unknown,
    readonly nonce: string,
  ) {
    super('refused', { cause: cause instanceof UnequalError ? cause : asFault(cause) });
  }
}

function asFault(cause: unknown): UnequalError {
  return fault({ wrong: 'this worker cannot score for its master', got: (cause as Error).message, cause });
}

/** The model that a master describes, with its losses. @throws UnequalError where it describes none. */
async function modelOf({ topology, loss }: RunDescription): Promise<tf.LayersModel> {
  if (topology === null || loss === null) {
    throw fault({
      wrong: 'the master has not said what its model is',
      mend: 'give model to distributedImportance, or run a program that calls scoringWorker with the model',
    });
  }
  const model = await tf.models.modelFromJSON(JSON.parse(topology));
  model.compile({ optimizer: tf.train.sgd(0), loss: loss.length === 1 ? loss[0] : [...loss] });
  return model;
}
