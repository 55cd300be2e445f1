import { importance, uniform } from '../../index.ts';
import { type Cost, costOf, type WorkloadCosts } from './costs.ts';
import { processorSeconds } from './seconds.ts';
import { Training } from './training.ts';
import type { Around, Work } from './work.ts';
import type { Workload, WorkloadData } from './workload.ts';

/** Steps of each kind that are timed, and the least seconds they are given: small ones tell little. */
const timed = 40;
const presamples = [2, 5];

/** Measures what the parts of a run take of a processor's time, which says less of what else the machine does. */
export async function calibrate(workload: Workload, data: WorkloadData): Promise<WorkloadCosts> {
  const timings: { [work in Work]?: { samples: number; seconds: number }[] } = {};
  const fetches: number[] = [];
  let inside = 0;
  const around: Around = async (work, samples, call) => {
    const from = processorSeconds();
    const result = await call();
    const seconds = processorSeconds() - from;
    inside += seconds;
    timings[work] ??= [];
    timings[work].push({ samples, seconds });
    return result;
  };
  const onFetch = (samples: number, seconds: number) => {
    inside += seconds;
    fetches.push(seconds / samples);
  };
  const always = (presample: number, scores: 'fresh' | 'stored') =>
    importance({ start: 'always', presample, ...(workload.streamed || scores === 'fresh' ? { scores: 'fresh' } : {}) });
  const overheads: { [phase: string]: number[] } = { uniform: [], importance: [] };
  const made: number[] = [];
  for (const method of [uniform(), ...presamples.map((ratio) => always(ratio, 'fresh')), always(2, 'stored')]) {
    const from = processorSeconds();
    const training = await Training.start(workload, data, {
      ...{ method, rate: workload.rate, seed: 1, seconds: 1e9, around, onFetch, now: processorSeconds },
    });
    made.push(processorSeconds() - from);
    for (let step = 0; step < timed; step++) {
      inside = 0;
      const before = training.clock.seconds;
      const report = await training.step();
      if (report === undefined || step < 5) continue;
      overheads[report.phase === 'importance' ? 'importance' : 'uniform'].push(
        training.clock.seconds - before - inside,
      );
    }
    await training.dispose();
  }
  // Scoring alone, where steps by importance make one pass of it with the step.
  if ((timings.score?.length ?? 0) < timed) await timeScores(workload, data, around);
  const work = Object.fromEntries(Object.entries(timings).map(([name, list]) => [name, costOf(list)])) as {
    [work in Work]?: Cost;
  };
  return {
    make: least(made),
    fetch: least(fetches),
    overhead: { uniform: least(overheads.uniform), importance: least(overheads.importance) },
    work,
  };
}

async function timeScores(workload: Workload, data: WorkloadData, around: Around): Promise<void> {
  const training = await Training.start(workload, data, {
    ...{ method: uniform(), rate: workload.rate, seed: 1, seconds: 1e9 },
  });
  const samples = await training.readerOf(data.validation);
  for (let turn = 0; turn < timed / 2; turn++) {
    for (const ratio of presamples) {
      const size = Math.min(samples.length, ratio * workload.batchSize);
      const batch = await samples.batch(Int32Array.from({ length: size }, (_, i) => i));
      await around('score', size, () => training.learner.scores(batch, 'upper-bound'));
    }
  }
  await training.dispose();
}

/** The lower quartile, 0 of none or where a clock has shown less than nothing. */
function least(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return Math.max(0, sorted[sorted.length >> 2] ?? 0);
}
