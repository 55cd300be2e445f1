import { fault } from '../../errors.ts';
import type { Parameters } from '../../learner/learner.ts';
import { type Checks, checkedOptions, positive, text } from '../../options.ts';
import { Random } from '../../sampling/random.ts';
import type { Context, Method, Pick, Sampler, State, Update, UpdateResult } from '../method.ts';
import { needsLength } from '../needs.ts';
import { addScaled, reduceVariance, type Sum, zerosLike } from './vectors.ts';

export interface SagaOptions {
  /** Name in tables and curves. */
  name?: string;
  /** Bytes the table of gradients may take. Default 2³⁰, 1 GiB. */
  memory?: number;
}

export const sagaChecks: Checks<SagaOptions> = { name: text, memory: positive };

/**
 * SAGA: v = g_i(x) − table_i + mean(table), handed to the user's optimizer; then table_i ← g_i(x).
 *
 * A table entry is the gradient of a fixed block of b samples, drawn once at random: the objective is a mean of N/b
 * functions as well as of N, and everything the paper proves holds for these (Schmidt, Le Roux & Bach, Minimizing Finite
 * Sums with the Stochastic Average Gradient, 2017, section 4.4, does the same). With `batchSize: 1` an entry is a sample's. A
 * step draws one block, with replacement, with a probability in proportion to its size.
 *
 * Unbiased. One gradient a step, after one pass over the data that fills the table. Memory: 4 bytes a parameter and
 * block for the table, 8 a parameter for its mean, 8 a sample for the blocks; for models whose table fits. The
 * guarantees of the paper are for plain SGD; with momentum or Adam v takes the gradient's place. With dropout the table
 * keeps the noise of old masks; moving batch statistics follow the steps and not the pass.
 *
 * For convex problems with few parameters solved to high accuracy.
 *
 * References: Defazio, Bach & Lacoste-Julien, SAGA: A Fast Incremental Gradient Method With Support for Non-Strongly
 * Convex Composite Objectives, NIPS 2014, equation 1.
 *
 * @example
 * ```ts
 * await fit(model, x, y, { epochs: 10, method: saga() });
 * ```
 */
export function saga(options: SagaOptions = {}): Method {
  options = checkedOptions('saga', options, sagaChecks);
  const { name = 'saga', memory = 2 ** 30 } = options;
  return {
    name,
    options: { memory },
    check: (plan) => needsLength(name, plan),
    sampler: (context) => new BlockSampler(context),
    update: (context) => new SagaUpdate(memory, context),
  };
}

/** The samples in blocks of b, the last one perhaps smaller. */
class Blocks {
  private readonly order: Int32Array;

  constructor(
    private readonly random: readonly number[],
    length: number,
    private readonly size: number,
  ) {
    this.order = Random.from(random).permutation(length);
  }

  static of({ random, length, batchSize }: Context): Blocks {
    return new Blocks(random.fork('blocks').state(), length!, batchSize);
  }

  get count(): number {
    return Math.ceil(this.order.length / this.size);
  }

  indices(block: number): Int32Array {
    return this.order.slice(block * this.size, (block + 1) * this.size);
  }

  /** The block that holds the sample at a place in the order. */
  at(place: number): number {
    return Math.floor(place / this.size);
  }

  state(): State {
    return this.random;
  }

  restored(state: State): Blocks {
    return new Blocks(state as number[], this.order.length, this.size);
  }
}

class BlockSampler implements Sampler {
  private blocks: Blocks;
  private random: Random;

  constructor(private readonly context: Context) {
    this.blocks = Blocks.of(context);
    this.random = context.random.fork('draws');
  }

  async draw(): Promise<Pick> {
    const { source, length } = this.context;
    const block = this.blocks.at(this.random.integer(length!));
    const indices = this.blocks.indices(block);
    return { batch: await source.at(indices), indices, report: { phase: 'uniform', block } };
  }

  soon(): void {
    const { source, length } = this.context;
    const next = Random.from(this.random.state()).integer(length!);
    source.soonAt?.(this.blocks.indices(this.blocks.at(next)));
  }

  state(): State {
    return { blocks: this.blocks.state(), random: this.random.state() };
  }

  restore(state: State): void {
    const saved = state as unknown as { blocks: State; random: number[] };
    this.blocks = this.blocks.restored(saved.blocks);
    this.random = Random.from(saved.random);
  }
}

class SagaUpdate implements Update {
  private blocks: Blocks;
  private random: Random;
  private table: Parameters[] = [];
  /** Σ (size of block k / N) table_k, in float64 so that it stays the mean however often an entry changes. */
  private mean: Sum | undefined;
  private passed = 0;

  constructor(
    private readonly memory: number,
    private readonly context: Context,
  ) {
    this.blocks = Blocks.of(context);
    this.random = context.random.fork('table');
  }

  /** Adds the gradient of the next block at the starting point to the table, until every block has one. */
  async prepare(): Promise<boolean> {
    const { learner, source, length } = this.context;
    if (this.table.length === this.blocks.count) return false;
    this.mean ??= zerosLike(this.checkMemory(await learner.parameters()));
    const batch = await source.at(this.blocks.indices(this.table.length));
    const { gradient } = await learner.gradient(batch, undefined, { seed: this.random.integer(2 ** 31) });
    addScaled(this.mean, batch.size / length!, gradient);
    this.table.push(gradient);
    this.passed += batch.size;
    return true;
  }

  private checkMemory(parameters: Parameters): Parameters {
    const count = parameters.reduce((sum, part) => sum + part.length, 0);
    const bytes = this.blocks.count * count * 4;
    if (bytes <= this.memory) return parameters;
    throw fault({
      wrong: 'the table of past gradients does not fit',
      got: `${inMebibytes(bytes)} for ${this.blocks.count} blocks of ${count} parameters`,
      expected: `at most ${inMebibytes(this.memory)}`,
      mend: 'raise saga({ memory }) or batchSize, or use svrg(), which keeps two copies of the parameters',
    });
  }

  async step({ batch, weights, report: { block } }: Pick, seed: number): Promise<UpdateResult> {
    const { learner, length } = this.context;
    const mean = this.mean!;
    const past = this.table[block as number];
    const { gradient, ...result } = await learner.gradient(batch, weights, { seed, track: true });
    this.table[block as number] = gradient;
    await learner.apply(
      reduceVariance(
        gradient.map((part) => part.slice()),
        past,
        mean,
      ),
    );
    addScaled(mean, batch.size / length!, gradient);
    addScaled(mean, -batch.size / length!, past);
    const report = { pass: { samples: this.passed } };
    this.passed = 0;
    return { ...result, report };
  }

  state(): State {
    const { blocks, random, table, mean, passed } = this;
    return {
      blocks: blocks.state(),
      random: random.state(),
      table: [...table],
      mean: mean?.map((part) => part.slice()),
      passed,
    };
  }

  restore(state: State): void {
    const saved = state as unknown as SagaState;
    this.blocks = this.blocks.restored(saved.blocks);
    this.random = Random.from(saved.random);
    this.table = [...saved.table];
    this.mean = saved.mean?.map((part) => part.slice());
    this.passed = saved.passed;
  }
}

interface SagaState {
  readonly blocks: State;
  readonly random: number[];
  readonly table: readonly Parameters[];
  readonly mean?: Sum;
  readonly passed: number;
}

function inMebibytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toPrecision(3)} MiB`;
}
