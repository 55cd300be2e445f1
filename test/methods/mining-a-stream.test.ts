import * as tf from '@tensorflow/tfjs';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { fitDataset } from '../../src/fit/fit-dataset.ts';
import type { StepReport } from '../../src/fit/report.ts';
import type { Method } from '../../src/methods/method.ts';
import { hardMining, semiHardMining } from '../../src/methods/mining/hard-mining.ts';
import { hardestPairs } from '../../src/methods/mining/hardest-pairs.ts';
import { pairLoss, tripletLoss } from '../../src/methods/mining/triplet-loss.ts';

beforeAll(() => tf.setBackend('cpu'));
afterEach(() => vi.restoreAllMocks());

const rows = Array.from({ length: 49 }, (_, i) => ({ xs: [Math.sin(i), Math.cos(i), i % 3], ys: [i % 3] }));

async function steps(method: Method, data: typeof rows, loss = tripletLoss() as object) {
  const model = tf.sequential({ layers: [tf.layers.dense({ units: 2, inputShape: [3] })] });
  model.compile({ optimizer: tf.train.sgd(0.01), loss: loss as never });
  const reports: StepReport[] = [];
  const { history } = await fitDataset(model, tf.data.array(data).batch(16), {
    ...{ engine: 'eager', verbose: 0, epochs: 3, seed: 1, method },
    onStep: (report) => void reports.push(report),
  });
  return { reports, history };
}

describe('a sample that is left alone at the end of a pass over a stream ends no run', () => {
  it.each<[string, () => Method, object, number]>([
    ['semiHardMining', semiHardMining, tripletLoss(), 1],
    ['hardMining', hardMining, tripletLoss(), 1],
    ['hardestPairs', hardestPairs, pairLoss(), 3],
  ])('%s', async (_, method, loss, each) => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    const { reports, history } = await steps(method(), rows, loss);
    expect(reports.map(({ epoch, batch }) => [epoch, batch])).toEqual(
      [0, 1, 2].flatMap((epoch) => Array.from({ length: each }, (_, batch) => [epoch, batch])),
    );
    // The 49th of each pass is left out, and counted: running numbers go on.
    for (const { indices, epoch } of reports) {
      for (const i of indices) {
        expect(Math.floor(i / 49)).toBe(epoch);
        expect(i % 49).toBeLessThan(48);
      }
    }
    expect(history.loss.length).toBe(3);
    const said = warn.mock.calls.map(([text]) => text).filter((text) => text.includes('is left out'));
    expect(said).toEqual([expect.stringMatching(/now 1 where (48|16) were asked for/)]);
  });

  it('but where nothing can be compared it is said', async () => {
    const alike = rows.map(({ xs }) => ({ xs, ys: [0] }));
    for (const data of [alike, alike.slice(0, 5)]) {
      await expect(steps(semiHardMining(), data)).rejects.toThrow(/too few classes in the batch to compare samples/);
    }
  });
});
