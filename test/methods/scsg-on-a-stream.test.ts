import * as tf from '@tensorflow/tfjs';
import { afterEach, beforeAll, expect, it, vi } from 'vitest';
import { fitDataset } from '../../src/fit/fit-dataset.ts';
import type { StepReport } from '../../src/fit/report.ts';
import { scsg } from '../../src/methods/variance-reduced/scsg.ts';
import { classifier, digits } from '../support/small.ts';

beforeAll(() => tf.setBackend('cpu'));
afterEach(() => vi.restoreAllMocks());

const { x, y, n } = digits();
const epochs = 15;

async function run(samples: number) {
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
  const rows = Array.from({ length: samples }, (_, i) => ({
    xs: Array.from(x.data.slice(i * 8, i * 8 + 8)),
    ys: Array.from(y.data.slice(i * 3, i * 3 + 3)),
  }));
  const reports: StepReport[] = [];
  const { history } = await fitDataset(classifier(tf.train.sgd(0.1)), tf.data.array(rows).batch(8), {
    ...{ engine: 'eager', verbose: 0, epochs, seed: 1, method: scsg() },
    onStep: (report) => void reports.push(report),
  });
  return {
    reports,
    history,
    said: warn.mock.calls.map(([text]) => text as string).filter((text) => text.includes('no step')),
  };
}

it('scsg trains in every pass over a stream once it is known how long one is', async () => {
  const { reports, history, said } = await run(n);
  expect(new Set(reports.map(({ epoch }) => epoch)).size).toBe(epochs);
  expect(history.loss.length).toBe(epochs);
  expect(said).toEqual([]);
  // Half of the samples of all passes are trained on at least, and half those of an anchor at most.
  expect(reports.reduce((sum, { size }) => sum + size, 0)).toBeGreaterThan((epochs * n) / 2 - n);
  const anchors = reports.map(({ pass }) => pass!.samples);
  expect(Math.max(...anchors)).toBeLessThanOrEqual(n);
});

it('and where its first anchor takes the whole first pass, that is said', async () => {
  const { reports, history, said } = await run(5);
  expect(new Set(reports.map(({ epoch }) => epoch)).size).toBe(epochs - 1);
  expect(history.loss.length).toBe(epochs - 1);
  expect(said).toEqual([expect.stringMatching(/epoch 0 had no step, and has no loss/)]);
});
