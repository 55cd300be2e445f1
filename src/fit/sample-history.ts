import { fault } from '../errors.ts';
import { greatest } from '../extent.ts';
import { SampleMemory, type SampleMemoryState } from './sample-memory.ts';

/** What became of one sample in a run. Means are over time, not over visits. */
export interface SampleRecord {
  readonly index: number;
  /** How often it was trained on; counted up to 65,535. */
  readonly times: number;
  /** Its share of all that was drawn. */
  readonly share: number;
  /** Losses of the training passes, without weights of samples and classes; the first two to three digits. */
  readonly firstLoss: number;
  readonly lastLoss: number;
  readonly meanLoss: number;
  /**
   * Its mean loss as a multiple of the mean of all: above 1, it resists training more than most. Not known where losses, or
   * weights of samples, go below 0.
   */
  readonly resistance?: number;
  /** Of a classifier: the class it was given. */
  readonly label?: number;
  /** The class the model gave it the last time, and the last other than its own. */
  readonly prediction?: number;
  readonly other?: number;
  /** Logit of the label minus the largest other, within ±32. */
  readonly meanMargin?: number;
  /** Mean probability of its label, and its standard deviation over time. */
  readonly meanConfidence?: number;
  readonly spread?: number;
  /** How often the model lost its label again; counted up to 127. */
  readonly forgotten?: number;
}

/** A sample whose label is likely wrong. */
export interface Suspect {
  readonly index: number;
  /** The label it has. */
  readonly label: number;
  /** The label the model would give. */
  readonly suggested: number;
  /** From 0 to 1: the mean probability, over time, that the model gave to other labels. */
  readonly confidence: number;
  readonly meanMargin: number;
}

/** @throws UnequalError where there is no history of samples: a stream has none. */
export function checkSamples(of: string, samples: unknown): void {
  if (typeof (samples as SampleHistory | undefined)?.[Symbol.iterator] === 'function') return;
  throw fault({
    wrong: `no samples for ${of}`,
    got: samples ?? 'nothing',
    expected: 'the samples of a history',
    mend: 'a run on a stream has none',
  });
}

function checkMost(what: string, most: unknown): void {
  if (Number.isInteger(most) && (most as number) >= 0) return;
  throw fault({ wrong: `bad number of ${what}`, got: most, expected: 'a whole number ≥ 0' });
}

/** A sample is named without being asked for if others than its label had this share of the probability, over time. */
const certain = 0.9;
/** What a model has learned: this share of what one class for all samples would get wrong. */
const leastLearned = 0.1;
/** Labels are wrong here and there; where this share of them is doubted, it is the model that is. */
const mostDoubted = 0.5;

/**
 * What became of each sample in a run: `history.samples` after `fit`.
 *
 * @example
 * ```ts
 * const { samples: seen } = await fit(model, x, y, { epochs: 10 });
 * for (const { index, label, suggested } of seen?.suspects(10) ?? []) console.log(index, label, suggested);
 * ```
 */
export class SampleHistory {
  private mean: number | undefined;

  constructor(private readonly memory: SampleMemory) {}

  /** @throws UnequalError if it is no such state. */
  static from(state: SampleMemoryState): SampleHistory {
    const length = (state as Partial<SampleMemoryState> | null)?.arrays?.times;
    const memory = new SampleMemory(ArrayBuffer.isView(length) ? (length as Uint16Array).length : 0);
    memory.restore(state);
    return new SampleHistory(memory);
  }

  /** All that is known, as it is saved. */
  state(): SampleMemoryState {
    return this.memory.state();
  }

  /** How many samples there are. */
  get length(): number {
    return this.memory.length;
  }

  /** How many of them were trained on. */
  get seen(): number {
    return this.memory.times.reduce((seen, times) => seen + (times > 0 ? 1 : 0), 0);
  }

  /** Whether the model is a classifier with one output, so that margins, predictions and suspects are known. */
  get classifies(): boolean {
    return this.memory.classifies;
  }

  /** The sample with this index; `undefined` if it was never trained on. */
  at(index: number): SampleRecord | undefined {
    const { memory } = this;
    if (!(Number.isInteger(index) && index >= 0 && index < memory.length)) {
      throw fault({ wrong: 'no such sample', got: index, expected: `0 to ${memory.length - 1}` });
    }
    if (memory.times[index] === 0) return undefined;
    const loss = memory.meanLoss(index);
    return {
      index,
      times: memory.times[index],
      share: memory.times[index] / memory.draws,
      firstLoss: memory.firstLoss(index),
      lastLoss: memory.lastLoss(index),
      meanLoss: loss,
      ...(!memory.signed && { resistance: this.meanLoss === 0 ? 0 : loss / this.meanLoss }),
      ...(memory.classifies && {
        label: memory.labels[index],
        prediction: memory.prediction(index),
        other: memory.others[index],
        meanMargin: memory.meanMargin(index),
        meanConfidence: memory.meanConfidence(index),
        spread: memory.spread(index),
        forgotten: memory.forgotten(index),
      }),
    };
  }

  /** All samples that were trained on, by index. */
  *[Symbol.iterator](): Generator<SampleRecord> {
    for (let i = 0; i < this.length; i++) {
      const record = this.at(i);
      if (record) yield record;
    }
  }

  /**
   * The samples whose labels are likeliest wrong, the likeliest first: those with the least margin on average over the
   * run (Pleiss et al. 2020), of all whose label the model doubted.
   *
   * @param most how many; default those of which the model gave other labels nine tenths of the probability, over time,
   *   and none where it has not {@link learned} enough to tell.
   * @throws UnequalError if the model is no classifier with one output and a cross-entropy.
   */
  suspects(most?: number): Suspect[] {
    const { memory } = this;
    if (!memory.classifies) {
      throw fault({
        wrong: 'suspects of what is no classifier',
        expected: 'one output of classes, trained with a cross-entropy',
      });
    }
    if (most !== undefined) checkMost('suspects', most);
    if (most === undefined && !this.learned) return [];
    const all = this.doubted(most === undefined ? certain : 0);
    all.sort((i, j) => memory.meanMargin(i) - memory.meanMargin(j) || i - j);
    return all.slice(0, most).map((index) => ({
      index,
      label: memory.labels[index],
      suggested: memory.others[index],
      confidence: 1 - memory.meanConfidence(index),
      meanMargin: memory.meanMargin(index),
    }));
  }

  /** The share of the samples to which a classifier gave their label when it last trained on them; 0 of what is none. */
  get right(): number {
    const { memory, seen } = this;
    if (!memory.classifies) return 0;
    const labels = memory.times.reduce(
      (n, times, i) => n + (times > 0 && memory.prediction(i) === memory.labels[i] ? 1 : 0),
      0,
    );
    return seen === 0 ? 0 : labels / seen;
  }

  /**
   * Whether most samples were trained on once alone: what the model said of them then, it said of samples that were new to it,
   * and a doubt of that time is of the model.
   */
  get once(): boolean {
    const again = this.memory.times.reduce((n, times) => n + (times > 1 ? 1 : 0), 0);
    return again < this.seen / 2;
  }

  /**
   * Whether the model tells enough by now for its doubts to say something of the labels: most samples came more than
   * {@link once}, it is right clearly more often than one class for all samples would be, and does not doubt more than half of
   * the labels. False of what is no classifier.
   */
  get learned(): boolean {
    const { memory, seen } = this;
    if (!memory.classifies || seen === 0 || this.once) return false;
    const counts = new Map<number, number>();
    for (const [i, label] of memory.labels.entries()) {
      if (memory.times[i] > 0) counts.set(label, (counts.get(label) ?? 0) + 1);
    }
    const chance = greatest([...counts.values()]) / seen;
    return this.right > chance + leastLearned * (1 - chance) && this.doubted(certain).length <= mostDoubted * seen;
  }

  /** Samples that were once given another label, and whose own had at most the rest of this share of the probability. */
  private doubted(share: number): number[] {
    const { memory } = this;
    return Array.from(memory.times.keys()).filter(
      (i) => memory.times[i] > 0 && memory.others[i] !== memory.labels[i] && 1 - memory.meanConfidence(i) >= share,
    );
  }

  /** The samples that were trained on most often, the most often first. @param most how many. */
  mostDrawn(most: number): SampleRecord[] {
    checkMost('samples', most);
    const { times } = this.memory;
    const drawn = Array.from(times.keys()).filter((i) => times[i] > 0);
    drawn.sort((i, j) => times[j] - times[i] || i - j);
    return drawn.slice(0, most).map((i) => this.at(i)!);
  }

  private get meanLoss(): number {
    if (this.mean === undefined) {
      let [sum, n] = [0, 0];
      for (let i = 0; i < this.length; i++) {
        if (this.memory.times[i] === 0) continue;
        sum += this.memory.meanLoss(i);
        n++;
      }
      this.mean = n === 0 ? 0 : sum / n;
    }
    return this.mean;
  }
}
