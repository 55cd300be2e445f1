/** What the tests of `importance()` share: small models whose scores are known exactly, and scores that it is only told. */
import * as tf from '@tensorflow/tfjs';
import { fit } from '../../src/fit/fit.ts';
import type { StepReport } from '../../src/fit/report.ts';
import { EagerLearner } from '../../src/learner/eager.ts';
import { type ImportanceOptions, importance } from '../../src/methods/importance/importance.ts';
import type { Method, Pick } from '../../src/methods/method.ts';
import { uniform } from '../../src/methods/uniform.ts';
import { wrapped } from '../../src/methods/wrapped.ts';
import { TinyRun, tinyData, tinyModel, tinyProvider } from '../conformance/harness.ts';
import { classifier, digits } from './small.ts';

/** Samples of a tiny run, and those of a step. */
export const n = 40;
export const b = 8;

/** On from the first step, unbiased: by stored scores, and by fresh ones. */
export const always = { start: 'always', weightPower: 1, presample: 3 } as const;
export const fresh = { ...always, scores: 'fresh' } as const;

/** A model that does not move, so that scores and losses are fixed numbers. */
export const frozen = () => tinyModel({ optimizer: tf.train.sgd(0) });

/** Weights of models that have learned the easy samples, so that few have most of the gradient. */
let learned: Promise<{ tiny: tf.Tensor[]; small: tf.Tensor[] }> | undefined;

async function learn() {
  const run = new TinyRun(uniform(), { model: tinyModel({ optimizer: tf.train.adam(0.05) }) });
  await run.steps(300);
  const small = classifier();
  const { x, y } = digits();
  await fit(small, x, y, { engine: 'eager', verbose: 0, epochs: 30, batchSize: 10, seed: 1, method: uniform() });
  return { tiny: run.model.getWeights(), small: small.getWeights() };
}

/** A tiny model that has learned the easy samples and goes on at a small rate. */
export async function uneven(rate = 0.01): Promise<tf.LayersModel> {
  learned ??= learn();
  const model = tinyModel({ optimizer: tf.train.sgd(rate) });
  model.setWeights((await learned).tiny);
  return model;
}

/** The same of a classifier of digits. */
export async function unevenClassifier(): Promise<tf.LayersModel> {
  learned ??= learn();
  const model = classifier(tf.train.sgd(0.01));
  model.setWeights((await learned).small);
  return model;
}

/** A model to which all samples are as hard as each other: each class is as likely, and the loss of a sample is ln 3. */
export function even(): tf.LayersModel {
  const model = frozen();
  model.setWeights(model.getWeights().map((weight) => tf.zerosLike(weight)));
  return model;
}

/**
 * What a model's scores should be, from its predictions p alone: the loss −ln p of the label, and the upper bound, which
 * for softmax and cross-entropy is ‖p − y‖.
 */
export function exactScores(model: tf.LayersModel, samples = n): { losses: number[]; upperBounds: number[] } {
  const { x, labels } = tinyData(samples);
  const p = (model.predict(x) as tf.Tensor2D).arraySync();
  return {
    losses: p.map((row, i) => -Math.log(row[labels[i]])),
    upperBounds: p.map((row, i) => Math.hypot(...row.map((value, k) => value - Number(k === labels[i])))),
  };
}

/** The gradient of each sample alone, one after the other, as one long list of numbers. */
export async function exactGradients(model: tf.LayersModel, samples = n): Promise<number[][]> {
  const [learner, provider] = [new EagerLearner(model), tinyProvider(model, samples)];
  const gradients: number[][] = [];
  for (let i = 0; i < samples; i++) {
    const { gradient } = await learner.gradient(await provider.batch([i]));
    gradients.push(gradient.flatMap((part) => Array.from(part)));
  }
  return gradients;
}

export const mean = (values: ArrayLike<number>) =>
  Array.from(values).reduce((sum, value) => sum + value, 0) / values.length;
export const seen = (reports: readonly StepReport[]) => new Set(reports.flatMap(({ indices }) => Array.from(indices)));
export const turns = (reports: readonly StepReport[]) =>
  reports.flatMap(({ step, switched }) => (switched ? [{ step, on: switched.on, why: switched.why }] : []));

interface Told {
  /** The scores of a presample of so many, by their place in it. */
  readonly pool?: (size: number) => number[];
  /** The scores that the training pass of a pick tells. */
  readonly own?: (pick: Pick, scores: Float32Array) => Float32Array;
}

/** The method, told other scores than the model's. */
export function told(options: ImportanceOptions, { pool, own }: Told): Method {
  const inner = importance(options);
  return {
    ...inner,
    sampler: (context) => {
      const scores = { value: async ({ size }: { size: number }) => Float32Array.from(pool!(size)) };
      const learner = pool ? Object.create(context.learner, { scores }) : context.learner;
      const sampler = inner.sampler({ ...context, learner });
      if (own === undefined) return sampler;
      return wrapped(sampler, {
        observe: (pick, result) => sampler.observe!(pick, { ...result, scores: own(pick, result.scores!) }),
      });
    },
  };
}

/** Steps until it trains by importance. @throws if it never does. */
export async function untilOn(run: TinyRun): Promise<StepReport[]> {
  const reports = [await run.step()];
  while (reports.at(-1)!.phase === 'uniform') {
    if (reports.length === 300) throw new Error('importance sampling has not started');
    reports.push(await run.step());
  }
  return reports;
}

/**
 * Scores of a training pass by which importance sampling pays: one sample in ten is harder than the others, and at most
 * visits a score falls, as those of samples that learn do.
 */
export function hardTenth(): (pick: Pick) => Float32Array {
  const visits = new Map<number, number>();
  return ({ indices }) =>
    Float32Array.from(indices, (i) => {
      const visit = visits.get(i) ?? 0;
      visits.set(i, visit + 1);
      return (i % 10 === 0 ? 1 : 0.1) * 0.85 ** (visit % 8);
    });
}

interface SamplerState {
  readonly sampler: {
    /** Of stored scores. */
    readonly memory: { values: Float32Array; resisted: Uint8Array; ages: Int32Array; unseen: number };
    /** Of fresh ones. */
    readonly reused: object | null;
    readonly measured: {
      readonly step: number;
      readonly guard: number;
      readonly meter: { readonly latest: { readonly own: Float64Array; readonly filled: number } };
    };
  };
}

export const stateOf = async (run: TinyRun) => (await run.trainer.state()) as unknown as SamplerState;
/** Puts back a state that a test has changed. */
export const putBack = (run: TinyRun, state: SamplerState) => run.trainer.restore(state as never);
