import { expect, it } from 'vitest';
import { GainMeter } from '../../../src/decision/index.ts';
import type { Learner } from '../../../src/learner/learner.ts';
import { NormProbe } from '../../../src/methods/importance/norm-probe.ts';

/** A probe, and the steps at which it has looked. */
function probeOf(scores: Learner['scores'] = async () => Float32Array.of(1, 2, 3, 4)) {
  const looks: number[] = [];
  const gradient = async () => ({ gradient: [Float32Array.of(1, 1)], losses: Float32Array.of(1, 2, 3, 4) });
  const probe = new NormProbe({ learner: { scores, gradient } as unknown as Learner }, new GainMeter(16));
  const run = async (from: number, to: number) => {
    for (let step = from; step < to; step++) {
      await probe.look(step, () => {
        looks.push(step);
        return { size: 4, xs: [], ys: [] };
      });
    }
  };
  return { probe, looks, run };
}

it('looks at exact norms are twice as far apart each time, by steps, so that the same seed gives the same run', async () => {
  const { looks, run } = probeOf();
  await run(0, 5000);
  expect(looks).toEqual([256, 512, 1024, 2048, 4096]);
});

it('a look that was not possible in its step, for its samples were not uniform, is made up for', async () => {
  const { looks, run } = probeOf();
  await run(300, 700);
  expect(looks).toEqual([300, 600]);
});

it('a model whose norms cannot be had is not asked again', async () => {
  const { looks, run } = probeOf(async () => {
    throw new Error('no norms');
  });
  await run(0, 5000);
  expect(looks).toEqual([256]);
});

it('goes on from its state', async () => {
  const [one, two] = [probeOf(), probeOf()];
  await one.run(0, 600);
  two.probe.restore(structuredClone(one.probe.state()));
  await two.run(600, 2100);
  expect(two.looks).toEqual([1024, 2048]);
});
