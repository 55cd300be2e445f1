/**
 * The programs of a function for one set of input shapes: what JavaScript computes in it (branches, numbers) may change
 * from call to call, and each state of it is a program of its own.
 */
import type * as tf from '@tensorflow/tfjs';
import { fault } from '../errors.ts';
import { type Digest, difference } from './digest.ts';
import { iterationsOf, learningRatesOf, type Reading } from './learning-rate.ts';
import { type Draft, draft, makeProgram, type Program } from './program.ts';
import type { SessionSettings } from './runtime.ts';
import type { Port, Traceable } from './trace.ts';

export interface VersionOptions extends SessionSettings {
  readonly optimizers?: readonly tf.Optimizer[];
  /**
   * A number that changes when something that the function reads beside tensors may have changed. The function is then
   * traced again before its next call, and another graph is loaded if it computes something else.
   */
  readonly version?: () => number;
  /** A number that changes when code of somebody's own may compute something else although `version` is as it was. */
  readonly doubt?: () => number;
  /**
   * The part of the function that such code is called in, if it is called in one part alone. In doubt this part is traced first, and the
   * function only if its part has changed: a forward pass takes a quarter of the time of a training step.
   */
  readonly part?: Traceable;
  /**
   * Whether everything in the function is TensorFlow.js's own. Otherwise a first trace is repeated with another step count
   * and another mark for the learning rate, to see what depends on them and what changes by itself.
   */
  readonly trusted?: () => boolean;
  /** Called around every trace, which is synchronous. */
  readonly around?: <T>(trace: () => T) => T;
  /**
   * The graph has changed, as `what` says, after `calls` calls and since that `doubt`; by itself where it depends on the step count. What
   * it throws ends the call.
   */
  readonly changed?: (what: string, calls: number, since: number, byItself: boolean) => void;
}

/** Programs kept of one function and shape. */
const most = 4;

export class Versions {
  readonly #made: Program[] = [];
  #current: Program | undefined;
  #version = Number.NaN;
  #doubt = 0;
  /** What the part that is looked at in doubt computed when it was last traced, if the current program is of the same time. */
  #part: Digest | undefined;
  #reading: Reading = 'marked';
  /** Whether it is known what the function does with the numbers of its optimizers. */
  #probed = false;
  /** Whether the graph depends on how many steps there were. */
  #counts = false;
  /** The numbers of the optimizers that the current program was traced with, where they are constants in it. */
  #numbers = '';
  #calls = 0;

  constructor(
    private readonly fn: Traceable,
    private readonly ports: readonly Port[],
    private readonly options: VersionOptions,
  ) {}

  get programs(): readonly Program[] {
    return this.#made;
  }

  /** The program that computes what the function computes now. */
  async program(): Promise<Program> {
    const version = this.options.version?.() ?? 0;
    const doubt = this.options.doubt?.() ?? 0;
    if (this.#current !== undefined && version === this.#version && this.#numbersNow() === this.#numbers) {
      if (doubt === this.#doubt || this.#isPartTheSame(this.#current)) {
        this.#doubt = doubt;
        this.#calls++;
        return this.#current;
      }
    } else this.#part = undefined;
    const now = this.#probed ? this.#draft(this.#reading) : this.#first();
    const what = this.#current && difference(this.#current.digest, now.digest);
    if (this.#current === undefined || what !== undefined) {
      const known = this.#made.find(({ digest }) => difference(digest, now.digest) === undefined);
      const byItself = this.#counts && version === this.#version;
      if (what !== undefined && known === undefined) this.options.changed?.(what, this.#calls, this.#doubt, byItself);
      this.#current = known ?? (await makeProgram(now, this.ports, this.options));
      if (known === undefined) this.#made.push(this.#current);
      this.#calls = 0;
      if (this.#made.length > most) await this.#made.shift()!.release();
    }
    this.#version = version;
    this.#doubt = doubt;
    this.#numbers = this.#numbersNow();
    this.#calls++;
    return this.#current;
  }

  /** The first time nothing is known to compare with, and the whole function is traced as well. */
  #isPartTheSame({ ownGradients }: Program): boolean {
    const { part } = this.options;
    if (part === undefined || ownGradients) return false;
    const now = this.#draft(this.#reading, part).digest;
    const before = this.#part;
    this.#part = now;
    return before !== undefined && difference(before, now) === undefined;
  }

  #numbersNow(): string {
    if (this.#reading === 'marked') return '';
    const { optimizers = [] } = this.options;
    return optimizers.map((one) => [learningRatesOf(one), this.#counts ? iterationsOf(one) : 0].join()).join(' ');
  }

  /**
   * A trace that repeats the one before; the first of them may have made what is kept from then on. Where no trace repeats another,
   * something is computed from the learning rate, or counted; then rate and count of steps are read as they are.
   */
  #first(): Draft {
    if (this.options.trusted?.() ?? true) return this.#draft('marked');
    this.#probed = true;
    let before = this.#draft('small');
    for (const reading of ['large', 'small'] as const) {
      const now = this.#draft(reading);
      if (difference(before.digest, now.digest) === undefined) return now;
      before = now;
    }
    this.#reading = 'plain';
    const [one, two] = [this.#draft('plain'), this.#draft('plain')];
    const what = difference(one.digest, two.digest);
    if (what === undefined) {
      this.#counts = difference(two.digest, this.#draft('later').digest) !== undefined;
      return two;
    }
    // Two plain traces in a row differ: every call is another.
    throw fault({
      wrong: 'a function of the model computes something else at every call',
      got: `${what}, in two calls with nothing between them`,
      expected: 'numbers that do not depend on how often it was called',
      mend: "count in a tf.Variable, or use engine: 'eager': to find this out it was called more often than a step calls it",
    });
  }

  #draft(reading: Reading, fn = this.fn): Draft {
    const { around = (trace) => trace(), optimizers = [] } = this.options;
    const made = around(() => draft(fn, this.ports, optimizers, reading));
    // What took its place is kept now: a table that a layer makes anew at each call.
    for (const tensor of made.traced.spared) tensor.dispose();
    return made;
  }

  async release(): Promise<void> {
    await Promise.all(this.#made.map((program) => program.release()));
  }
}
