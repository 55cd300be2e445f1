import { least } from '../../extent.ts';
import type { RunRecord, RunRequest } from './run-once.ts';
import { median } from './target-statistics.ts';
import type { Workload } from './workload.ts';

/** What is asked of the experiment. */
export interface TargetPlan {
  readonly workloads: readonly Workload[];
  readonly methods: readonly string[];
  readonly seeds: number;
  readonly budgets: readonly number[];
  /** Times each workload's T. */
  readonly times: number;
  /** Whether uniform's rate is searched; otherwise it is the workload's. */
  readonly search: boolean;
}

export const base = 'uniform';
/** Seeds that each learning rate is tried with. */
const searchSeeds = 2;
const firstFactors = [0.5, 1, 2];
/** Rates that are looked at beyond these, either way. */
const furthest = 8;

/** The runs that are there, found by what identifies them. */
export class Runs {
  private readonly all = new Map<string, RunRecord>();

  constructor(records: readonly RunRecord[] = []) {
    for (const record of records) this.add(record);
  }

  add(record: RunRecord): void {
    this.all.set(keyOf(record), record);
  }

  get(request: RunRequest): RunRecord | undefined {
    return this.all.get(keyOf(request));
  }

  get list(): RunRecord[] {
    return [...this.all.values()];
  }
}

export function keyOf({ workload, method, factor, budget, seconds, seed }: RunRequest): string {
  return `${workload}, ${method}, rate × ${factor}, ${budget} T = ${Number(seconds.toPrecision(4))} s, seed ${seed}`;
}

/** The value that decides: that of the validation samples at the end. One that failed has reached nothing. */
export function finalValue({ curve, failed }: RunRecord): number {
  const value = curve.at(-1)?.value ?? Number.NaN;
  return failed === undefined && Number.isFinite(value) ? value : Infinity;
}

export function requestOf(
  workload: Workload,
  { times }: TargetPlan,
  { method, factor, budget, seed }: { method: string; factor: number; budget: number; seed: number },
): RunRequest {
  return { workload: workload.name, method, factor, budget, seconds: workload.seconds * times * budget, seed };
}

/**
 * Uniform's best rate at T as a factor of the workload's, or the runs that have to be made to know: each rate is tried with
 * two seeds, and as long as the best is at an end the next one beyond it as well.
 */
export function bestFactor(workload: Workload, plan: TargetPlan, runs: Runs): number | readonly RunRequest[] {
  if (!plan.search) return 1;
  let factors: readonly number[] = firstFactors;
  for (;;) {
    const wanted = factors.flatMap((factor) =>
      seedsTo(searchSeeds).map((seed) => requestOf(workload, plan, { method: base, factor, budget: 1, seed })),
    );
    const missing = wanted.filter((request) => runs.get(request) === undefined);
    if (missing.length > 0) return missing;
    const values = factors.map((factor) =>
      median(
        wanted
          .filter((request) => request.factor === factor)
          .map((request) => finalValue(runs.get(request) as RunRecord)),
      ),
    );
    const best = values.indexOf(least(values));
    const next = best === 0 ? factors[0] / 2 : best === factors.length - 1 ? (factors.at(-1) as number) * 2 : undefined;
    if (next === undefined || next > furthest || next < 1 / furthest) return factors[best];
    factors = [...factors, next].sort((a, b) => a - b);
  }
}

/** The runs that can be made now: of a workload whose rate is not known yet those that tell it. */
export function wantedRuns(plan: TargetPlan, runs: Runs): RunRequest[] {
  return plan.workloads.flatMap((workload) => {
    const factor = bestFactor(workload, plan, runs);
    if (typeof factor !== 'number') return factor;
    return allRuns(workload, plan, factor).filter((request) => runs.get(request) === undefined);
  });
}

/** All runs of a workload beside the search, uniform's at T first: they are the target. */
export function allRuns(workload: Workload, plan: TargetPlan, factor: number): RunRequest[] {
  const { methods, budgets, seeds } = plan;
  const others = methods.filter((method) => method !== base);
  const at = (method: string, budget: number) =>
    seedsTo(seeds).map((seed) => requestOf(workload, plan, { method, factor, budget, seed }));
  return [
    ...at(base, 1),
    ...budgets
      .toSorted((a, b) => b - a)
      .flatMap((budget) => [
        ...(methods.includes(base) && budget !== 1 ? at(base, budget) : []),
        ...others.flatMap((method) => at(method, budget)),
      ]),
  ];
}

const seedsTo = (count: number): number[] => Array.from({ length: count }, (_, k) => k + 1);
