/**
 * What scoring costs beside a training step, measured where the model runs while it trains. Reading the data counts on
 * both sides: a presample has to be fetched as well as passed forward, and then the batch need not be.
 *
 * The two are compared only where one follows the other, and the median of the last comparisons counts: these are
 * machines that do other things too, and what was fast a minute ago says little of now. The first measurement of each
 * size pays for compilation and allocation and is left out, and so is the first step after an iteration and the first
 * iteration after a step: with what the other left in the caches of the processor they are a fifth slower.
 */
export class Costs {
  /** t_f ÷ (t_f + t_b), each with fetching. */
  private readonly shares = new Recent();
  /** Of two passes: fetching ÷ (t_f + t_b) with it. */
  private readonly fetches = new Recent();
  /** t_f + t_b in seconds. */
  private readonly steps = new Recent();
  private firstStep: number | undefined;
  /** What the pass before the step took. */
  private before: Before = {};
  /** The last warm step, or iteration, before those of the other kind that are compared with it. */
  private last: Last = {};
  private known = new Set<string>();

  /** @param inOnePass whether presamples are scored in one pass with the step, as far as is known. */
  constructor(private inOnePass = false) {}

  /**
   * Records that B samples were fetched and scored in `seconds`, for the step that follows.
   *
   * @param fetch seconds of it per sample that went into fetching.
   */
  recordForward(presample: number, seconds: number, fetch = 0): void {
    this.inOnePass = false;
    this.before = this.isNew(`forward ${presample}`) ? { fetch } : { fetch, forward: seconds / presample };
  }

  /** Records an update on b samples, with fetching them where scoring has not. */
  recordStep(batch: number, seconds: number): void {
    const { forward, fetch = 0 } = this.before;
    // A uniform step would have had to fetch them.
    const step = seconds / batch + fetch;
    this.firstStep ??= step;
    this.before = {};
    const isNew = this.isNew(`step ${batch}`);
    if (this.isCold('step') || isNew) return;
    this.steps.add(step);
    if (forward !== undefined) this.comparePasses(step, forward, fetch);
    if (this.last.iteration !== undefined) this.compare(this.last.iteration, step);
    this.last = { kind: 'step', step };
  }

  /** A step that tells nothing: what was recorded before it does not belong to the next one. */
  skip(): void {
    this.before = {};
    this.last = { kind: 'other' };
  }

  /** Records B samples fetched and scored and b of them trained on in one pass, of B t_f + b t_b. */
  recordIteration(presample: number, batch: number, seconds: number): void {
    this.inOnePass = true;
    this.firstStep ??= seconds / batch;
    this.before = {};
    const isNew = this.isNew(`iteration ${presample} ${batch}`);
    if (this.isCold('iteration') || isNew || presample <= batch) return;
    const iteration = { perSample: seconds / batch, more: presample / batch - 1 };
    if (this.last.step !== undefined) this.compare(iteration, this.last.step);
    this.last = { kind: 'iteration', iteration };
  }

  /** Whether what came before was of the other kind; that stays for the next to be compared with. */
  private isCold(kind: 'step' | 'iteration'): boolean {
    const was = this.last.kind ?? kind;
    this.last = { ...this.last, kind };
    return was !== kind;
  }

  /** A clock that is set back measures nothing, nor does one that jumps while samples are fetched. */
  private comparePasses(step: number, forward: number, fetch: number): void {
    if (!(step > 0 && fetch >= 0 && forward >= fetch && step >= fetch)) return;
    this.shares.add(forward / step);
    this.fetches.add(Math.max(Number.MIN_VALUE, fetch / step));
  }

  /** (B t_f + b t_b) ÷ b (t_f + t_b) = 1 + (B/b − 1) t_f ÷ (t_f + t_b). Noise can make a step longer than the whole. */
  private compare({ perSample, more }: Iteration, step: number): void {
    // A clock that is set back measures nothing.
    if (!(perSample > 0 && step > 0)) return;
    this.shares.add(Math.max(Number.EPSILON, (perSample / step - 1) / more));
  }

  private isNew(size: string): boolean {
    if (this.known.has(size)) return false;
    this.known.add(size);
    return true;
  }

  /** t_f in seconds, with all that scoring takes, `undefined` until it has been measured. */
  get forward(): number | undefined {
    const [share, step] = [this.shares.median(), this.step];
    return share === undefined || step === undefined ? undefined : share * step;
  }

  /** t_f + t_b in seconds, with all that a uniform step takes, `undefined` until it has been measured. */
  get step(): number | undefined {
    return this.steps.median();
  }

  /**
   * c of fresh scores: uniform steps that one with a presample of `ratio` batches takes the time of, `undefined` until that
   * has been measured.
   *
   * @param assumed t_f ÷ (t_f + t_b) to go by instead of the clock, with which the same seed gives the same run.
   */
  relative(ratio: number, assumed?: number): number | undefined {
    const share = assumed ?? this.shares.median();
    if (share === undefined) return undefined;
    const fetch = assumed === undefined ? (this.fetches.median() ?? 0) : 0;
    // In one pass the batch has neither to be fetched nor to be passed forward again; of two it has only not to be fetched.
    const scoring = this.inOnePass ? (ratio - 1) * share : ratio * share - fetch;
    return 1 + Math.max(0, scoring);
  }

  /** Whether a step's own time is not seen in the iterations. */
  get hidesStep(): boolean {
    return this.inOnePass;
  }

  /** Seconds per sample of the first step, which pays for compilation too. */
  get first(): number | undefined {
    return this.firstStep;
  }

  state(): CostsState {
    const { shares, fetches, steps, firstStep: first, inOnePass, before, last, known } = this;
    const measured = { shares: shares.values(), fetches: fetches.values(), steps: steps.values() };
    return { ...measured, first, inOnePass, before, last, known: [...known] };
  }

  restore({ shares, fetches, steps, first, inOnePass, before, last, known }: CostsState): void {
    this.firstStep = first;
    this.inOnePass = inOnePass;
    this.before = before;
    this.last = last;
    this.known = new Set(known);
    this.shares.set(shares);
    this.fetches.set(fetches);
    this.steps.set(steps);
  }
}

type Iteration = {
  readonly perSample: number;
  /** B/b − 1. */
  readonly more: number;
};

type Before = {
  readonly forward?: number;
  readonly fetch?: number;
};

type Last = {
  readonly kind?: 'step' | 'iteration' | 'other';
  readonly step?: number;
  readonly iteration?: Iteration;
};

export type CostsState = {
  readonly shares: readonly number[];
  readonly fetches: readonly number[];
  readonly steps: readonly number[];
  readonly first: number | undefined;
  readonly inOnePass: boolean;
  readonly before: Before;
  readonly last: Last;
  readonly known: readonly string[];
};

/** The last ten values. */
class Recent {
  private all: number[] = [];
  /** Asked for several times a step, changed once. */
  private middle: number | undefined;

  /** A clock that stands still or is set back measures nothing. */
  add(value: number): void {
    if (!(value > 0 && value < Infinity)) return;
    this.all.push(value);
    if (this.all.length > 10) this.all.shift();
    this.middle = undefined;
  }

  get length(): number {
    return this.all.length;
  }

  median(): number | undefined {
    this.middle ??= this.all.toSorted((a, b) => a - b)[this.all.length >> 1];
    return this.middle;
  }

  values(): number[] {
    return [...this.all];
  }

  set(values: readonly number[]): void {
    this.all = [...values];
    this.middle = undefined;
  }
}
