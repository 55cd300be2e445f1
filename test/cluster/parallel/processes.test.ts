/** Real processes and a real server. */
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { fit } from '../../../src/fit/fit.ts';
import { uniform } from '../../../src/methods/uniform.ts';
import { otherClock } from '../children.ts';
import { tinyModel, tinySamples } from '../small.ts';
import { realMembers } from './members.ts';

const { place, start } = realMembers();
beforeAll(async () => void (await tf.setBackend('cpu')));

describe('processes that train together', { timeout: 120_000, retry: 2 }, () => {
  it('three of batches of 16 are one with batches of 48, to 1e-5, and say what it costs', async () => {
    const words = ['same', place('same'), '2'];
    const joined = [1, 2].map(() => start([...words, 'workers=2'], true));
    const leads = start([...words, 'workers=2'], false);
    const ends = await Promise.all([leads, ...joined].map((one) => one.ended()));
    const alone = tinyModel({ optimizer: tf.train.momentum(0.05, 0.9) });
    await fit(alone, tinySamples(), {
      ...{ method: uniform(), epochs: 2, batchSize: 48, engine: 'eager', seed: 1, verbose: 0 },
    });
    const wanted = alone.getWeights().flatMap((one) => [...one.dataSync()]);
    for (const { code, last, err } of ends) {
      expect([code, err.replace(/[\s\S]*={20,}\n*/, '')]).toEqual([0, '']);
      for (const [k, value] of wanted.entries()) expect(Math.abs(last.weights[k] - value)).toBeLessThan(1e-5);
    }
    expect(ends[0].last.steps).toBe(2 * Math.ceil(400 / 48));
  });

  it('one is killed, another joins, the leader is killed and resumed: no step is lost or made twice', async () => {
    const words = ['faults', place('faults'), '60', 'importance'];
    const first = start(words, true);
    const leads = start([...words, 'workers=1'], false);
    await leads.until(({ step }) => step > 20);
    await first.kill();
    await leads.until(({ members }) => members === 1);
    const second = start(words, true);
    await leads.until(({ members }) => members === 2);
    await leads.kill();
    const resumed = start([...words, 'resume'], false);
    const [one, two] = await Promise.all([resumed.ended(), second.ended()]);
    expect([one.code, two.code, one.last.done, one.last.most]).toEqual([0, 0, true, 2]);
    expect(two.last.weights).toEqual(one.last.weights);
  });

  it('one that stands still is dropped, and comes in again; clocks of years ago and to come matter to nobody', async () => {
    const words = ['still', place('still'), '60', 'workers=1'];
    const other = start(words, true, otherClock(-3e11));
    const leads = start(words, false, otherClock(3e11));
    await leads.until(({ step, members }) => step > 20 && members === 2);
    other.signal('SIGSTOP');
    await leads.until(({ members }) => members === 1);
    other.signal('SIGCONT');
    await leads.until(({ members }) => members === 2);
    const [one, two] = await Promise.all([leads.ended(), other.ended()]);
    expect([one.code, two.code, one.last.done, one.last.members]).toEqual([0, 0, true, 2]);
    expect(two.last.weights).toEqual(one.last.weights);
  });

  it('DiLoCo: rounds every five steps', async () => {
    const words = ['diloco', place('diloco'), '4', 'every=5', 'diloco', 'importance', 'workers=1'];
    const other = start(words, true);
    const leads = start(words, false);
    const [one, two] = await Promise.all([leads.ended(), other.ended()]);
    expect([one.code, two.code]).toEqual([0, 0]);
    expect(two.last.weights).toEqual(one.last.weights);
  });
});
