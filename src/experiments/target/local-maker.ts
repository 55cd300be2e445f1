import { calibrate } from './calibrate.ts';
import { runOnce } from './run-once.ts';
import type { Maker } from './run-target.ts';
import type { WorkloadData } from './workload.ts';
import { workloadNamed } from './workloads/index.ts';

/** Makes runs in this process. Keeps the data of the workload that it was asked for last. */
export function localMaker(few: boolean, signal: AbortSignal): Maker {
  let kept: { name: string; data: Promise<WorkloadData> } | undefined;
  const dataOf = (name: string) => {
    if (kept?.name !== name) kept = { name, data: workloadNamed(name).load(few) };
    return kept.data;
  };
  return {
    load: async (name) => {
      await dataOf(name);
    },
    calibrate: async (name) => calibrate(workloadNamed(name), await dataOf(name)),
    make: async (request, time) =>
      runOnce(workloadNamed(request.workload), await dataOf(request.workload), request, time, signal),
    close: () => {},
  };
}
