import { describe, expect, it } from 'vitest';
import { fromLogScale, historyLength, LossHistory, logScale } from '../../../src/methods/importance/loss-history.ts';
import { type Histories, LossLstm } from '../../../src/methods/importance/loss-lstm.ts';
import { Random } from '../../../src/sampling/random.ts';

const T = 5;

function examples(n: number, random: Random): Histories {
  return {
    values: Float64Array.from({ length: n * T }, () => random.normal()),
    lengths: Uint8Array.from({ length: n }, (_, i) => i % (T + 1)),
    labels: Uint16Array.from({ length: n }, (_, i) => i % 3),
  };
}

describe('the LSTM', () => {
  it('its gradient is that of its error, by finite differences', () => {
    const random = new Random(1);
    const lstm = new LossLstm(T, random);
    const histories = examples(12, random);
    const targets = Float64Array.from({ length: 12 }, () => random.normal());
    const { gradient } = lstm.gradient(histories, targets);
    const state = lstm.state();
    const errorAt = (k: number, by: number) => {
      const theta = state.theta.slice();
      theta[k] += by;
      const moved = new LossLstm(T, new Random(2));
      moved.restore({ ...state, theta });
      return moved.gradient(histories, targets).error;
    };
    let checked = 0;
    for (let k = 0; k < gradient.length; k++) {
      // Of the embedding only three rows are in use; of the weights every seventh.
      if (k % 7 !== 0 && k < 1216) continue;
      if (k >= 1216 + 3 * 8 && k < gradient.length - 25) {
        expect(gradient[k]).toBe(0);
        continue;
      }
      const numeric = (errorAt(k, 1e-5) - errorAt(k, -1e-5)) / 2e-5;
      expect(Math.abs(gradient[k] - numeric)).toBeLessThan(1e-8);
      checked++;
    }
    expect(checked).toBeGreaterThan(150);
    expect(gradient.some((g) => Math.abs(g) > 1e-3)).toBe(true);
  });

  it('learns a rule of last value and label', () => {
    const random = new Random(3);
    const lstm = new LossLstm(T, random);
    const make = () => {
      const histories = examples(64, random);
      histories.lengths.fill(T);
      const targets = Float64Array.from({ length: 64 }, (_, i) => {
        return 0.5 * Math.tanh(histories.values[i * T + T - 1]) + 0.3 * histories.labels[i];
      });
      return { histories, targets };
    };
    for (let k = 0; k < 300; k++) {
      const { histories, targets } = make();
      lstm.train(histories, targets);
    }
    const { histories, targets } = make();
    const predicted = lstm.predict(histories);
    const error = predicted.reduce((sum, y, i) => sum + (y - targets[i]) ** 2 / 64, 0);
    const variance = targets.reduce((sum, y) => sum + (y - 0.3) ** 2 / 64, 0);
    expect(error).toBeLessThan(0.05 * variance);
  });
});

describe('the history', () => {
  it('keeps the last losses, oldest first, to 5 %', () => {
    const history = new LossHistory(3);
    const losses: number[] = [];
    for (let k = 0; k < 21; k++) {
      losses.push(3 * 0.6 ** k);
      history.add(Int32Array.of(1), [losses[k]], [4]);
      const { values, lengths, labels } = history.of(Int32Array.of(0, 1));
      const kept = losses.slice(-historyLength);
      expect(Array.from(lengths)).toEqual([0, kept.length]);
      expect(Array.from(labels)).toEqual([0, 4]);
      for (const [t, loss] of kept.entries()) {
        expect(Math.abs(Math.log(fromLogScale(values[historyLength + t]) / loss))).toBeLessThan(0.05);
      }
    }
  });

  it('has a scale that ends at 1e-7 and 1e3', () => {
    expect([0, 1e-9, 1e-7, 1e3, 1e9].map(logScale).map((x) => Math.round(x * 1e9) / 1e9)).toEqual([-1, -1, -1, 1, 1]);
    for (const s of [1e-6, 0.5, 7]) expect(fromLogScale(logScale(s)) / s).toBeCloseTo(1, 12);
  });
});
