import type * as tf from '@tensorflow/tfjs';
import type { LabelledImages } from '../data/index.ts';
import { CompiledLearner, type Learner, type ScoreKind } from '../index.ts';
import { Random } from '../sampling/index.ts';

export type ModelBatch = Parameters<Learner['step']>[0];

/** A compiled model and its data, trained uniformly a few steps at a time and looked at in between. */
export class Probe {
  readonly learner: Learner;
  private readonly random: Random;
  private order = new Int32Array(0);
  private at = 0;
  steps = 0;

  constructor(
    model: tf.LayersModel,
    private readonly train: LabelledImages,
    private readonly batchSize: number,
    seed: number,
  ) {
    this.learner = new CompiledLearner(model);
    this.random = new Random(seed);
  }

  /** Takes uniform steps until `step` of them are done. */
  async trainTo(step: number, signal?: AbortSignal): Promise<void> {
    while (this.steps < step && !signal?.aborted) {
      if (this.at + this.batchSize > this.order.length) {
        this.order = this.random.permutation(this.train.length) as Int32Array<ArrayBuffer>;
        this.at = 0;
      }
      await this.learner.step(await this.batch(this.order.subarray(this.at, this.at + this.batchSize)));
      this.at += this.batchSize;
      this.steps++;
      // A step blocks; Ctrl-C needs a pause to be heard.
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  async batch(indices: ArrayLike<number>): Promise<ModelBatch> {
    return modelBatch(await this.train.batch(indices));
  }

  /** Losses of these samples, in evaluation mode. */
  losses(indices: ArrayLike<number>): Promise<Float64Array> {
    return this.inChunks(indices, async (batch) => (await this.learner.evaluate(batch)).losses);
  }

  /** Scores of these samples; `gradient-norm` is exact, over all weights. */
  scores(indices: ArrayLike<number>, kind: ScoreKind): Promise<Float64Array> {
    return this.inChunks(indices, (batch) => this.learner.scores(batch, kind));
  }

  /** Mean of wᵢ Gᵢ over these samples, as one vector. */
  async gradient(indices: ArrayLike<number>, weights?: ArrayLike<number>): Promise<Float64Array> {
    let sum: Float64Array | undefined;
    for (const [from, to] of chunks(indices.length)) {
      const share = (to - from) / indices.length;
      const part = Array.from({ length: to - from }, (_, k) => indices[from + k]);
      const w = weights && Array.from({ length: to - from }, (_, k) => weights[from + k]);
      const { gradient } = await this.learner.gradient(await this.batch(part), w);
      sum ??= new Float64Array(gradient.reduce((size, { length }) => size + length, 0));
      let k = 0;
      for (const array of gradient) for (const value of array) sum[k++] += share * value;
    }
    return sum as Float64Array;
  }

  private async inChunks(
    indices: ArrayLike<number>,
    values: (batch: ModelBatch) => Promise<ArrayLike<number>>,
  ): Promise<Float64Array> {
    const all = new Float64Array(indices.length);
    for (const [from, to] of chunks(indices.length)) {
      const part = Array.from({ length: to - from }, (_, k) => indices[from + k]);
      all.set(await values(await this.batch(part)), from);
    }
    return all;
  }

  dispose(): Promise<void> {
    return this.learner.dispose();
  }
}

type ImageBatch = Awaited<ReturnType<LabelledImages['batch']>>;

export function modelBatch({ xs, ys }: ImageBatch): ModelBatch {
  return { size: xs.shape[0], xs: [xs], ys: [ys] };
}

export function norm(arrays: readonly ArrayLike<number>[]): number {
  let squares = 0;
  for (const array of arrays) for (let i = 0; i < array.length; i++) squares += array[i] ** 2;
  return Math.sqrt(squares);
}

const chunkSize = 128;

function chunks(length: number): [from: number, to: number][] {
  const count = Math.ceil(length / chunkSize);
  return Array.from({ length: count }, (_, k) => [k * chunkSize, Math.min(length, (k + 1) * chunkSize)]);
}
