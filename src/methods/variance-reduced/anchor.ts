import type { Learner, Parameters } from '../../learner/learner.ts';
import { Random } from '../../sampling/random.ts';
import { Shuffle, type ShuffleState } from '../../sampling/shuffle.ts';
import type { Context, State } from '../method.ts';
import { addScaled, rounded, type Sum, zerosLike } from './vectors.ts';

/** The mean gradient μ over many samples, regularisation included, at the parameters x̃. */
export interface Anchor {
  readonly at: Parameters;
  readonly mean: Parameters;
}

interface Running {
  readonly at: Parameters;
  readonly sum: Sum;
  /** Samples wanted and samples done. */
  readonly size: number;
  done: number;
}

/** Samples that go through the network at once in a pass, if the method does not say otherwise and b is smaller. */
const usualChunk = 500;

/**
 * Computes anchors a chunk of samples at a time, so that a pass over a million samples can be interrupted, timed and
 * saved. 12 bytes a parameter while it runs; the anchor it ends in takes 8.
 *
 * Gradients are those of training: dropout draws a mask of its own for every chunk, so that μ estimates the gradient of
 * the expected loss; batch normalisation uses the chunk's statistics, and the moving ones stay. A model that keeps such
 * statistics has a loss of whole batches, not of samples, so there the chunks are batches of b in a random order, as
 * those of the steps are; elsewhere they are as large as is fast, and a whole pass is in the order of the data.
 */
export class AnchorPass {
  private random: Random;
  private order: Shuffle | undefined;
  private statistics: boolean | undefined;
  private running: Running | undefined;
  private samples = 0;

  constructor(
    private readonly context: Context,
    private readonly chunk: number | undefined,
  ) {
    this.random = context.random.fork('anchor');
  }

  get busy(): boolean {
    return this.running !== undefined;
  }

  /** Starts an anchor over `size` samples at `at`. All samples once where `size` is N; else a random part of them. */
  async begin(size: number, at: Parameters): Promise<void> {
    const { learner, length } = this.context;
    this.statistics ??= await keepsStatistics(learner);
    if (length !== undefined && (size === length || this.order === undefined)) {
      this.order = new Shuffle(length, size === length && !this.statistics ? null : this.random.split());
    }
    this.running = { at, sum: zerosLike(at), size, done: 0 };
  }

  /** Adds the next chunk. The anchor after the last one, `undefined` before. */
  async advance(): Promise<Anchor | undefined> {
    const { learner, source, batchSize } = this.context;
    const running = this.running!;
    const { at, sum, size } = running;
    const chunk = this.chunk ?? (this.statistics ? batchSize : Math.max(batchSize, usualChunk));
    const count = Math.min(chunk, size - running.done);
    const batch = this.order ? await source.at(this.order.next(count)) : (await source.next(count)).batch;
    const next = Math.min(chunk, size - running.done - batch.size);
    if (next > 0 && this.order) source.soonAt?.(this.order.peek(next));
    else if (next > 0) source.soon?.([next]);
    const { gradient } = await learner.gradient(batch, undefined, { at, seed: this.random.integer(2 ** 31) });
    addScaled(sum, batch.size / size, gradient);
    running.done += batch.size;
    this.samples += batch.size;
    if (running.done < size) return undefined;
    this.running = undefined;
    return { at, mean: rounded(sum) };
  }

  /** Samples that went through since this was last asked: for the step report. */
  taken(): number {
    const { samples } = this;
    this.samples = 0;
    return samples;
  }

  state(): State {
    const { order, random, statistics, running, samples } = this;
    return {
      samples,
      order: order && { ...order.state() },
      random: random.state(),
      statistics,
      running: running && { ...running, sum: running.sum.map((part) => part.slice()) },
    };
  }

  restore(state: State): void {
    const saved = state as unknown as PassState;
    this.samples = saved.samples;
    this.order = saved.order && Shuffle.from(saved.order);
    this.random = Random.from(saved.random);
    this.statistics = saved.statistics;
    this.running = saved.running && { ...saved.running, sum: saved.running.sum.map((part) => part.slice()) };
  }
}

interface PassState {
  readonly samples: number;
  readonly order?: ShuffleState;
  readonly random: number[];
  readonly statistics?: boolean;
  readonly running?: Running;
}

/** Whether the model has variables that training moves otherwise than by gradients, or not at all. */
async function keepsStatistics(learner: Learner): Promise<boolean> {
  const [{ weights }, parameters] = [await learner.state(), await learner.parameters()];
  return weights.length > parameters.length;
}
