import type { Random } from '../../sampling/random.ts';

/** Examples of the predictor: what is known of n samples. */
export interface Histories {
  /** [n, T] past values, oldest first, the first `lengths[i]` of each row. */
  readonly values: Float64Array;
  /** [n] */
  readonly lengths: Uint8Array;
  /** [n] class of each sample, below {@link labelCount}. */
  readonly labels: Uint16Array;
}

/** Rows of the label embedding. */
export const labelCount = 1024;

const hidden = 16;
const embedding = 8;
const gates = 4 * hidden;

/**
 * A small LSTM (16 units) over a series of numbers, joined with an embedding of a label (8 numbers), to one number; in
 * plain float64 arrays, trained by Adam on the squared error. It predicts one score per sample from what the sample's
 * losses were, for a few microseconds each.
 *
 * References: Hochreiter & Schmidhuber 1997 with the forget gate of Gers et al. 2000; Kingma & Ba 2015.
 */
export class LossLstm {
  private readonly theta: Float64Array;
  private readonly m: Float64Array;
  private readonly v: Float64Array;
  private updates = 0;
  /** [4H] input weights, [4H, H] recurrent weights, [4H] bias, [labels, D] embedding, [H + D] output, [1] its bias. */
  private static readonly offsets = {
    input: 0,
    recurrent: gates,
    bias: gates + gates * hidden,
    embedding: 2 * gates + gates * hidden,
    output: 2 * gates + gates * hidden + labelCount * embedding,
    constant: 2 * gates + gates * hidden + labelCount * embedding + hidden + embedding,
  };

  /** @param steps T, the longest history. */
  constructor(
    private readonly steps: number,
    random: Random,
    private readonly rate = 5e-3,
  ) {
    const { bias, embedding: rows, output, constant } = LossLstm.offsets;
    this.theta = new Float64Array(constant + 1);
    this.m = new Float64Array(constant + 1);
    this.v = new Float64Array(constant + 1);
    const spread = (from: number, to: number, scale: number) => {
      for (let k = from; k < to; k++) this.theta[k] = scale * (2 * random.uniform() - 1);
    };
    spread(0, bias, Math.sqrt(1 / hidden));
    // Remembers until it has learned to forget (Jozefowicz et al. 2015). Order of the gates: input, forget, cell, output.
    this.theta.fill(1, bias + hidden, bias + 2 * hidden);
    spread(rows, output, 0.05);
    spread(output, constant, Math.sqrt(3 / (hidden + embedding)));
  }

  /** [n] predictions. */
  predict(histories: Histories): Float64Array {
    const n = histories.lengths.length;
    const trace = new Trace(this.steps);
    return Float64Array.from({ length: n }, (_, i) => this.forward(histories, i, trace));
  }

  /** One step of Adam on the mean of (prediction − target)²; returns that mean. */
  train(histories: Histories, targets: ArrayLike<number>): number {
    const { error, gradient } = this.gradient(histories, targets);
    this.updates++;
    const { theta, m, v } = this;
    const correction = Math.sqrt(1 - 0.999 ** this.updates) / (1 - 0.9 ** this.updates);
    for (let k = 0; k < theta.length; k++) {
      m[k] = 0.9 * m[k] + 0.1 * gradient[k];
      v[k] = 0.999 * v[k] + 0.001 * gradient[k] ** 2;
      theta[k] -= (this.rate * correction * m[k]) / (Math.sqrt(v[k]) + 1e-8);
    }
    return error;
  }

  /** The mean squared error and its gradient by all parameters. */
  gradient(histories: Histories, targets: ArrayLike<number>): { error: number; gradient: Float64Array } {
    const n = targets.length;
    const gradient = new Float64Array(this.theta.length);
    const trace = new Trace(this.steps);
    let error = 0;
    for (let i = 0; i < n; i++) {
      const off = this.forward(histories, i, trace) - targets[i];
      error += off ** 2 / n;
      this.backward(histories, i, trace, (2 * off) / n, gradient);
    }
    return { error, gradient };
  }

  /** The prediction for sample i; its activations are left in the trace. */
  private forward({ values, lengths, labels }: Histories, i: number, trace: Trace): number {
    const { theta, steps } = this;
    const { input, recurrent, bias, embedding: rows, output, constant } = LossLstm.offsets;
    const { h, c, a } = trace;
    for (let t = 0; t < lengths[i]; t++) {
      const x = values[i * steps + t];
      const before = t * hidden;
      const after = before + hidden;
      for (let g = 0; g < gates; g++) {
        let z = theta[bias + g] + theta[input + g] * x;
        const row = recurrent + g * hidden;
        for (let j = 0; j < hidden; j++) z += theta[row + j] * h[before + j];
        a[t * gates + g] = g >= 2 * hidden && g < 3 * hidden ? Math.tanh(z) : 1 / (1 + Math.exp(-z));
      }
      for (let j = 0; j < hidden; j++) {
        const at = t * gates + j;
        c[after + j] = a[at + hidden] * c[before + j] + a[at] * a[at + 2 * hidden];
        h[after + j] = a[at + 3 * hidden] * Math.tanh(c[after + j]);
      }
    }
    const last = lengths[i] * hidden;
    const row = rows + labels[i] * embedding;
    let y = theta[constant];
    for (let j = 0; j < hidden; j++) y += theta[output + j] * h[last + j];
    for (let j = 0; j < embedding; j++) y += theta[output + hidden + j] * theta[row + j];
    return y;
  }

  /** Backpropagation through time of dy, added to the gradient. */
  private backward({ values, lengths, labels }: Histories, i: number, trace: Trace, dy: number, d: Float64Array): void {
    const { theta, steps } = this;
    const { input, recurrent, bias, embedding: rows, output, constant } = LossLstm.offsets;
    const { h, c, a, dz, dh, dc } = trace;
    const last = lengths[i] * hidden;
    const label = rows + labels[i] * embedding;
    d[constant] += dy;
    for (let j = 0; j < embedding; j++) {
      d[output + hidden + j] += dy * theta[label + j];
      d[label + j] += dy * theta[output + hidden + j];
    }
    for (let j = 0; j < hidden; j++) {
      d[output + j] += dy * h[last + j];
      dh[j] = dy * theta[output + j];
      dc[j] = 0;
    }
    for (let t = lengths[i] - 1; t >= 0; t--) {
      const before = t * hidden;
      const after = before + hidden;
      const at = t * gates;
      for (let j = 0; j < hidden; j++) {
        const i_ = a[at + j];
        const f = a[at + hidden + j];
        const g = a[at + 2 * hidden + j];
        const o = a[at + 3 * hidden + j];
        const tanh = Math.tanh(c[after + j]);
        const cell = dc[j] + dh[j] * o * (1 - tanh ** 2);
        dz[j] = cell * g * i_ * (1 - i_);
        dz[hidden + j] = cell * c[before + j] * f * (1 - f);
        dz[2 * hidden + j] = cell * i_ * (1 - g ** 2);
        dz[3 * hidden + j] = dh[j] * tanh * o * (1 - o);
        dc[j] = cell * f;
      }
      dh.fill(0);
      for (let g = 0; g < gates; g++) {
        d[bias + g] += dz[g];
        d[input + g] += dz[g] * values[i * steps + t];
        const row = recurrent + g * hidden;
        for (let j = 0; j < hidden; j++) {
          d[row + j] += dz[g] * h[before + j];
          dh[j] += dz[g] * theta[row + j];
        }
      }
    }
  }

  state(): { theta: Float64Array; m: Float64Array; v: Float64Array; updates: number } {
    const { theta, m, v, updates } = this;
    return { theta: theta.slice(), m: m.slice(), v: v.slice(), updates };
  }

  restore({ theta, m, v, updates }: ReturnType<LossLstm['state']>): void {
    this.theta.set(theta);
    this.m.set(m);
    this.v.set(v);
    this.updates = updates;
  }
}

/** Activations of one sample and what flows back through them. Row 0 of h and c stays zero. */
class Trace {
  readonly h: Float64Array;
  readonly c: Float64Array;
  readonly a: Float64Array;
  readonly dz = new Float64Array(gates);
  readonly dh = new Float64Array(hidden);
  readonly dc = new Float64Array(hidden);

  constructor(steps: number) {
    this.h = new Float64Array((steps + 1) * hidden);
    this.c = new Float64Array((steps + 1) * hidden);
    this.a = new Float64Array(steps * gates);
  }
}
