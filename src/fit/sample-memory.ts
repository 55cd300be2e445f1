import { fault } from '../errors.ts';
import { isObject } from './same-shape.ts';

/** Moments an epoch is divided into. */
const ticks = 16;
const last = 65_535;
/** Classes are whole numbers: two bytes hold those below 65,536. */
type Words = Uint16ArrayConstructor | Uint32ArrayConstructor;
/** Steps of the numbers that are kept as whole ones. */
const [marginUnit, largestMargin, share] = [1e-3, 32, 65_535];
/** Bits of a sample's flags: whether it was given its label the last time, and how often that was lost, up to 127. */
const [right, once, most] = [1, 2, 127];

/**
 * What became of each sample in a run: 23 bytes a sample, 27 where there are classes from 65,536 on.
 *
 * Means are taken over time, not over visits: what is seen of a sample counts for all the time since it was seen before.
 * Where hard samples are visited more often than others, their means are no other than by uniform sampling.
 */
export class SampleMemory {
  readonly times: Uint16Array;
  readonly flags: Uint8Array;
  /** The class the model gave last where it was not the given one. */
  others: InstanceType<Words>;
  labels: InstanceType<Words>;
  private readonly seen: Uint16Array;
  private readonly first: Uint16Array;
  private readonly latest: Uint16Array;
  private readonly losses: Float32Array;
  private readonly margins: Int16Array;
  private readonly confidences: Uint16Array;
  private readonly spreads: Uint16Array;
  /** Samples trained on so far. */
  private trained = 0;
  /** Ticks that a unit of `seen` stands for; doubled when a run is longer than they can count. */
  private unit = 1;
  /** Whether the model tells classes. */
  classifies = false;
  /** Whether what was trained on has been below 0: then the least loss is not nothing left to learn. */
  signed = false;

  constructor(readonly length: number) {
    const words = () => new Uint16Array(length);
    this.times = words();
    this.flags = new Uint8Array(length);
    this.others = words();
    this.labels = words();
    this.seen = words();
    this.first = words();
    this.latest = words();
    this.losses = new Float32Array(length);
    this.margins = new Int16Array(length);
    this.confidences = words();
    this.spreads = words();
  }

  /** Bytes a sample. */
  get bytes(): number {
    return Object.values(this.arrays()).reduce((sum, { BYTES_PER_ELEMENT }) => sum + BYTES_PER_ELEMENT, 0);
  }

  /** How many samples were drawn so far. */
  get draws(): number {
    return this.trained;
  }

  /**
   * Takes in what one step saw; see `StepReport`.
   * @param given the losses that are kept, where others were trained on.
   */
  add(
    indices: ArrayLike<number>,
    losses: ArrayLike<number>,
    answers?: ArrayLike<number>,
    given: ArrayLike<number> = losses,
  ): void {
    const n = indices.length;
    const now = this.tick();
    this.classifies ||= answers !== undefined;
    for (let k = 0; k < n; k++) {
      const i = indices[k];
      const before = this.times[i] > 0;
      // Part of the time so far for which this is what is known of it.
      const part = !before ? 1 : now === 0 ? 0 : (now - this.seen[i]) / now;
      if (losses[k] < 0) this.signed = true;
      if (!before) this.first[i] = toHalf(given[k]);
      this.latest[i] = toHalf(given[k]);
      this.losses[i] += part * (given[k] - this.losses[i]);
      if (answers) this.answer(i, part, before, answers[k], answers[n + k], answers[2 * n + k], answers[3 * n + k]);
      this.seen[i] = now;
      this.times[i] = Math.min(last, this.times[i] + 1);
    }
    this.trained += n;
  }

  private answer(
    i: number,
    part: number,
    before: boolean,
    margin: number,
    confidence: number,
    given: number,
    label: number,
  ): void {
    const bounded = Math.max(-largestMargin, Math.min(largestMargin, margin)) / marginUnit;
    const u = dither(i, this.times[i]);
    this.margins[i] = Math.floor(this.margins[i] + part * (bounded - this.margins[i]) + u);
    const mean = this.confidences[i] / share;
    const off = confidence - mean;
    this.confidences[i] = Math.min(share, Math.floor(share * (mean + part * off) + u));
    // Variances of what is in [0, 1] are 1/4 at most.
    const variance = before ? (1 - part) * (this.spreads[i] / share / 4 + part * off * off) : 0;
    this.spreads[i] = Math.min(share, Math.floor(4 * share * variance + u));
    const wasRight = (this.flags[i] & right) !== 0;
    const isRight = given === label;
    const lost = Math.min(most, (this.flags[i] >> 1) + (wasRight && !isRight ? 1 : 0));
    if (label > last || given > last) this.keepClassesIn(Uint32Array);
    this.flags[i] = lost * once + (isRight ? right : 0);
    this.labels[i] = label;
    if (!isRight) this.others[i] = given;
    else if (!before) this.others[i] = label;
  }

  private keepClassesIn(words: Words): void {
    if (this.labels instanceof words) return;
    this.labels = words.from(this.labels);
    this.others = words.from(this.others);
  }

  private tick(): number {
    const exact = (ticks * this.trained) / this.length;
    while (exact / this.unit > last) {
      this.unit *= 2;
      for (let i = 0; i < this.length; i++) this.seen[i] >>= 1;
    }
    return Math.floor(exact / this.unit);
  }

  firstLoss(i: number): number {
    return fromHalf(this.first[i]);
  }

  lastLoss(i: number): number {
    return fromHalf(this.latest[i]);
  }

  meanLoss(i: number): number {
    return this.losses[i];
  }

  /** In logits; cut at ±32. */
  meanMargin(i: number): number {
    return this.margins[i] * marginUnit;
  }

  meanConfidence(i: number): number {
    return this.confidences[i] / share;
  }

  /** Standard deviation of the probability of the given label over time. */
  spread(i: number): number {
    return Math.sqrt(this.spreads[i] / share / 4);
  }

  forgotten(i: number): number {
    return this.flags[i] >> 1;
  }

  prediction(i: number): number {
    return this.flags[i] & right ? this.labels[i] : this.others[i];
  }

  private arrays() {
    const { times, flags, others, labels, seen, first, latest, losses, margins, confidences, spreads } = this;
    return { times, flags, others, labels, seen, first, latest, losses, margins, confidences, spreads };
  }

  state(): SampleMemoryState {
    const { trained, unit, classifies, signed } = this;
    const copies = Object.entries(this.arrays()).map(([name, array]) => [name, array.slice()]);
    return { trained, unit, classifies, signed, arrays: Object.fromEntries(copies) };
  }

  /** @throws UnequalError if the state is of other data. */
  restore(state: SampleMemoryState): void {
    if (!isObject(state) || !isObject(state.arrays)) throw fault({ wrong: 'no record of samples', got: state });
    this.keepClassesIn(state.arrays.labels instanceof Uint32Array ? Uint32Array : Uint16Array);
    const own = this.arrays() as unknown as { [name: string]: Uint16Array };
    for (const [name, array] of Object.entries(own)) {
      const saved = state.arrays[name] as Uint16Array;
      if (saved?.constructor !== array.constructor || saved.length !== this.length) {
        throw fault({ wrong: `a wrong record of samples (${name})`, got: saved?.length, expected: `${this.length}` });
      }
    }
    const { trained, unit, classifies, signed = false } = state;
    const counts = Number.isSafeInteger(trained) && trained >= 0 && Number.isSafeInteger(unit) && unit > 0;
    if (!counts || typeof classifies !== 'boolean' || typeof signed !== 'boolean') {
      throw fault({ wrong: 'a wrong record of samples', got: [trained, unit, classifies, signed], expected: 'counts' });
    }
    for (const [name, array] of Object.entries(own)) array.set(state.arrays[name] as Uint16Array);
    Object.assign(this, { trained, unit, classifies, signed });
  }
}

export type SampleMemoryState = {
  readonly trained: number;
  readonly unit: number;
  readonly classifies: boolean;
  /** Absent in what older versions wrote. */
  readonly signed?: boolean;
  readonly arrays: { readonly [name: string]: ArrayBufferView };
};

/**
 * What a number is rounded by, in [0, 1): up as often as its fraction says. Rounded to the nearest, a mean that moves by
 * less than half a unit at a time would stay where it is.
 */
function dither(i: number, times: number): number {
  const value = 0.618_033_988_75 * times + 0.754_877_666_25 * i;
  return value - Math.floor(value);
}

const word = new DataView(new ArrayBuffer(4));

/** The upper half of a float32, rounded: 8 bits of exponent, 7 of fraction. */
function toHalf(value: number): number {
  word.setFloat32(0, value);
  const bits = word.getUint32(0);
  return ((bits + 0x8000) >>> 16) & 0xffff;
}

function fromHalf(bits: number): number {
  word.setUint32(0, bits << 16);
  return word.getFloat32(0);
}
