import { expect, test, vi } from 'vitest';
import { mnist } from '../../../src/data/index.ts';
import { CountedTime, costOf, type WorkloadCosts } from '../../../src/experiments/target/costs.ts';
import { runOnce } from '../../../src/experiments/target/run-once.ts';
import { workloadNamed } from '../../../src/experiments/target/workloads/index.ts';

// On a machine that does other things too.
vi.setConfig({ testTimeout: 300_000 });

const costs: WorkloadCosts = {
  make: 0.25,
  fetch: 0.001,
  overhead: { uniform: 0.002, importance: 0.004 },
  work: {
    step: { fixed: 0.01, each: 0.001, first: 0.1 },
    score: { fixed: 0, each: 0.0005, first: 0 },
    iterate: { fixed: 0.02, each: 0.0005, first: 0.1 },
  },
};
const signal = new AbortController().signal;
const request = { workload: 'mnist', method: 'uniform', factor: 1, budget: 1, seconds: 3, seed: 1 };

async function run(name: string, method: string, seconds = 3) {
  const workload = workloadNamed(name);
  const asked = { ...request, workload: name, method, seconds };
  return (await runOnce(workload, await workload.load(true), asked, { clock: 'counted', costs }, signal))!;
}

test('counted seconds are those of the steps that were made', async () => {
  const { steps, curve, picked } = await run('mnist', 'uniform');
  // Making, a first step, and of each step the work, fetching 64 samples, and what comes beside: 0.14 s.
  const each = (size: number) => 0.01 + size * 0.001 + size * 0.001 + 0.002;
  // 800 samples are twelve batches of 64 and one of 32.
  let [seconds, made] = [0.25 + 0.1, 0];
  for (; seconds < 3; made++) seconds += each(made % 13 === 12 ? 32 : 64);
  expect(steps).toBe(made);
  expect(curve.at(-1)?.seconds).toBeCloseTo(seconds, 9);
  expect(curve.map(({ seconds }) => Math.floor(seconds / 0.75))).toEqual([1, 2, 3, 4]);
  expect(picked).toBe(0);
});

test('the same run is the same whatever the machine takes for it, also where costs decide', async () => {
  const [first, second] = [await run('mnist', 'importance'), await run('mnist', 'importance')];
  const { machineSeconds: _, ...rest } = first;
  expect(second).toMatchObject(rest);
});

test('importance steps are paid for', async () => {
  const [uniform, importance] = [
    await run('mnist', 'uniform'),
    await run('mnist', 'importance/start=always/scores=fresh'),
  ];
  expect(importance.picked).toBe(importance.steps);
  expect(importance.steps).toBeLessThan(uniform.steps);
});

test('a stream is trained on, and rhoLoss pays for what it needs beforehand', async () => {
  expect((await run('streamed-digits', 'importance')).failed).toBeUndefined();
  const rho = await run('mnist', 'rhoLoss', 6);
  expect(rho.failed).toBeUndefined();
  // 800 samples at (0.01 ÷ 64 + 0.001) + 0.0005 s each, before the first of those steps.
  expect(rho.curve[0].seconds).toBeGreaterThan(0.25 + 800 * 0.0016);
});

test('what is stopped leaves nothing', async () => {
  const workload = workloadNamed('mnist');
  const stopped = AbortSignal.abort();
  expect(await runOnce(workload, await workload.load(true), request, { clock: 'wall' }, stopped)).toBeUndefined();
});

test('a cost is a line through timings, whatever some of them were disturbed by', () => {
  const timings = [64, 128, 320].flatMap((samples) =>
    [0, 0, 0, 0, 0.5, 0.9].map((late) => ({ samples, seconds: 0.01 + 0.001 * samples + late })),
  );
  const { fixed, each, first } = costOf([{ samples: 64, seconds: 0.574 }, ...timings]);
  expect(fixed).toBeCloseTo(0.01, 9);
  expect(each).toBeCloseTo(0.001, 9);
  expect(first).toBeCloseTo(0.5, 9);
});

test('a refused iteration takes no time', async () => {
  const time = new CountedTime(costs);
  await time.around('iterate', 128, async () => ({ why: 'it cannot' }));
  expect(time.now()).toBe(0);
  await time.around('score', 128, async () => new Float32Array(128));
  expect(time.now()).toBeCloseTo(0.064, 12);
});

test('training, validation and test samples are never the same', async () => {
  const { train } = await mnist();
  const data = await workloadNamed('mnist').load(false);
  expect([data.train(1).length, data.validation.length, data.test.length]).toEqual([55_000, 5000, 10_000]);
  const seen = async (samples: typeof data.validation) => {
    const keys = new Set<string>();
    for (let at = 0; at < samples.length; at += 500) {
      const size = Math.min(500, samples.length - at);
      const { xs } = (await samples.batch(Int32Array.from({ length: size }, (_, i) => at + i))) as ReturnType<
        typeof train.batch
      >;
      for (let i = 0; i < size; i++)
        keys.add(Buffer.from(xs.data.slice(784 * i, 784 * (i + 1)).buffer).toString('base64'));
    }
    return keys;
  };
  const [trained, validated] = [await seen(data.train(1)), await seen(data.validation)];
  for (const key of validated) expect(trained.has(key)).toBe(false);
});
