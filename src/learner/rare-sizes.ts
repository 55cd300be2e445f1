import type * as tf from '@tensorflow/tfjs';
import { greatest } from '../extent.ts';
import type { ModelBatch } from './batch.ts';

/** Sizes that are compiled when they first come. */
const first = 4;
/** How often another one comes before it is compiled. */
const often = 4;
/** Products of a step, at most, that TensorFlow.js computes in a few milliseconds. */
const small = 1e6;
/** Moments of a sequence, at most, that it computes as fast. */
const short = 20;
/** Sizes that are remembered. */
const most = 1_000;

/**
 * Which batches are trained on eagerly, for their size has hardly come before: a program is compiled for each. Programs that call
 * `fit` with ever more samples, or with episodes of any length, would compile at every step; those that train many small models for
 * a few steps each, for every model. What costs more to compute than to compile is always compiled.
 */
export class RareSizes {
  /**
   * Steps of a run that are made for less than its program costs: tracing and loading it take as long as about ten small ones.
   * Tests of the compiled engine make fewer.
   */
  static few = 10;

  private readonly sizes = new Map<string, { times: number; readonly early: boolean }>();
  /** How many steps were made in runs that were too short to compile for, by their size. */
  private readonly brief = new Map<string, number>();

  /** @param recurrent whether all is computed for one moment of a sequence after the other. */
  constructor(
    private readonly parameters: readonly tf.Variable[],
    private readonly recurrent: boolean,
  ) {}

  /** Whether a run of so many steps on such batches, not compiled yet, ends before that would have paid. Counts them. */
  isBrief(batch: ModelBatch, steps: number): boolean {
    const key = keyOf(batch);
    const known = this.sizes.get(key);
    if (known !== undefined && (known.early || known.times > often)) return false;
    const all = (this.brief.get(key) ?? 0) + steps;
    if (all > RareSizes.few || !this.isSmall(batch)) return false;
    if (this.brief.size >= most) this.brief.clear();
    this.brief.set(key, all);
    return true;
  }

  /** Whether a step on this batch had better be eager. Counts it. */
  isRare(batch: ModelBatch): boolean {
    const key = keyOf(batch);
    const known = this.sizes.get(key) ?? { times: 0, early: this.sizes.size < first };
    if (this.sizes.size >= most) this.sizes.clear();
    this.sizes.set(key, known);
    return !known.early && ++known.times <= often && this.isSmall(batch);
  }

  private isSmall(batch: ModelBatch): boolean {
    // Each moment takes some twenty operations, however small they are.
    const moments = this.recurrent ? greatest(batch.xs.map(({ shape }) => shape[1] ?? 1)) : 1;
    return moments <= short && this.products(batch) <= small;
  }

  /** No fewer than the products of a forward pass: as if every parameter met every place of every sample. */
  private products({ xs, size }: ModelBatch): number {
    const rows = this.parameters[0]?.shape[0];
    const places = xs.map(({ shape: [, ...sizes] }) => {
      // Numbers of a table, or words of a text.
      if (sizes.length === 1) return sizes[0] === rows ? 1 : sizes[0];
      return sizes.slice(0, -1).reduce((all, n) => all * n, 1);
    });
    return (
      this.parameters.reduce((sum, one) => sum + one.size, 0) * size * places.reduce((most, n) => Math.max(most, n), 1)
    );
  }
}

const keyOf = ({ xs, ys }: ModelBatch): string => [...xs, ...ys].map(({ shape }) => shape).join(';');
