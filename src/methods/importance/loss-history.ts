import { type Histories, labelCount } from './loss-lstm.ts';

/** T, past losses kept of each sample. */
export const historyLength = 8;

const low = Math.log(1e-7);
const high = Math.log(1e3);

/** A score on a logarithmic scale from −1 (1e-7 and less) to 1 (1e3 and more). */
export function logScale(score: number): number {
  return Math.min(1, Math.max(-1, (2 * (Math.log(Math.max(0, score)) - low)) / (high - low) - 1));
}

/** The inverse of {@link logScale}. */
export function fromLogScale(x: number): number {
  return Math.exp(low + ((Math.min(1, Math.max(-1, x)) + 1) / 2) * (high - low));
}

/**
 * The last 8 losses of each sample in steps of 9 %, and its label: 11 bytes a sample.
 */
export class LossHistory {
  private readonly codes: Uint8Array;
  /** Losses stored so far up to 8; beyond, 8 + the place of the oldest. */
  private readonly counts: Uint8Array;
  private readonly labels: Uint16Array;

  constructor(length: number) {
    this.codes = new Uint8Array(length * historyLength);
    this.counts = new Uint8Array(length);
    this.labels = new Uint16Array(length);
  }

  add(indices: Int32Array, losses: ArrayLike<number>, labels: ArrayLike<number>): void {
    const T = historyLength;
    for (let k = 0; k < indices.length; k++) {
      const i = indices[k];
      this.codes[i * T + (this.counts[i] % T)] = Math.round(((logScale(losses[k]) + 1) / 2) * 255);
      this.counts[i] = this.counts[i] + 1 === 2 * T ? T : this.counts[i] + 1;
      this.labels[i] = labels[k] % labelCount;
    }
  }

  of(indices: Int32Array): Histories {
    const T = historyLength;
    const n = indices.length;
    const values = new Float64Array(n * T);
    const lengths = new Uint8Array(n);
    const labels = new Uint16Array(n);
    for (let k = 0; k < n; k++) {
      const i = indices[k];
      const count = this.counts[i];
      const first = count < T ? 0 : count % T;
      lengths[k] = Math.min(count, T);
      labels[k] = this.labels[i];
      for (let t = 0; t < lengths[k]; t++) values[k * T + t] = (2 * this.codes[i * T + ((first + t) % T)]) / 255 - 1;
    }
    return { values, lengths, labels };
  }

  state(): { codes: Uint8Array; counts: Uint8Array; labels: Uint16Array } {
    return { codes: this.codes.slice(), counts: this.counts.slice(), labels: this.labels.slice() };
  }

  restore({ codes, counts, labels }: ReturnType<LossHistory['state']>): void {
    this.codes.set(codes);
    this.counts.set(counts);
    this.labels.set(labels);
  }
}
