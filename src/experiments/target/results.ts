import { average, type Estimate, ratioEstimate } from '../statistics.ts';
import type { Measured } from './measured.ts';
import { allRuns, base, bestFactor, finalValue, type Runs, type TargetPlan } from './protocol.ts';
import type { RunRecord } from './run-once.ts';
import { type AtBudget, bootstrap, crossing, type Interval, median, timeToTarget } from './target-statistics.ts';
import type { Workload } from './workload.ts';

/** What the runs of a method on a workload say. */
export interface MethodResult {
  readonly method: string;
  /** Smallest budget whose median reaches the target ÷ T; Infinity where none does. */
  readonly time: number;
  readonly interval: Interval;
  /** The same between the budgets. */
  readonly crossing: number;
  /** Medians of the validation measure by budget, and means of the validation loss. */
  readonly medians: readonly { readonly budget: number; readonly value: number; readonly loss: number }[];
  /** Median test value at the budget that reaches the target ÷ uniform's at T. */
  readonly testAtTarget?: number;
  /** At T: geometric means over the seeds of the method's ÷ uniform's with the same seed, and their intervals. */
  readonly atT?: RatiosAtT;
  /** Share of the steps at T that were by importance. */
  readonly picked: number;
  readonly failed: number;
}

export interface RatiosAtT {
  readonly value: Estimate;
  readonly loss: Estimate;
  readonly ece?: Estimate;
  readonly test: Estimate;
}

export interface WorkloadResult {
  readonly workload: Workload;
  readonly factor: number;
  readonly seeds: number;
  /** Median of uniform's final value at T. */
  readonly target: number;
  /** Medians of uniform at T. */
  readonly uniform: { readonly loss: number; readonly ece?: number; readonly test: number; readonly steps: number };
  readonly methods: readonly MethodResult[];
}

/** The workloads whose target is known, with what is there of each method. */
export function resultsOf(plan: TargetPlan, runs: Runs): WorkloadResult[] {
  return plan.workloads.flatMap((workload) => {
    const factor = bestFactor(workload, plan, runs);
    if (typeof factor !== 'number') return [];
    const made = allRuns(workload, plan, factor).flatMap((request) => runs.get(request) ?? []);
    const atT = made.filter(({ method, budget }) => method === base && budget === 1);
    if (atT.length === 0) return [];
    const values = atT.map(finalValue);
    const target = median(values);
    const methods = [base, ...plan.methods.filter((method) => method !== base)];
    return [
      {
        workload,
        factor,
        seeds: atT.length,
        target,
        uniform: {
          loss: median(atT.map(({ curve }) => curve.at(-1)?.loss ?? Number.NaN)),
          ece: medianOf(atT, (run) => run.curve.at(-1)?.ece),
          test: median(atT.map(testValue)),
          steps: median(atT.map(({ steps }) => steps)),
        },
        methods: methods.flatMap((method) => {
          const mine = made.filter((run) => run.method === method);
          return mine.length === 0 ? [] : [methodResult(method, mine, atT, values, target)];
        }),
      },
    ];
  });
}

function methodResult(
  method: string,
  mine: readonly RunRecord[],
  atT: readonly RunRecord[],
  values: readonly number[],
  target: number,
): MethodResult {
  const budgets = [...new Set(mine.map(({ budget }) => budget))].sort((a, b) => a - b);
  const of = (budget: number) => mine.filter((run) => run.budget === budget);
  const at: AtBudget[] = budgets.map((budget) => ({ budget, values: of(budget).map(finalValue) }));
  const time = timeToTarget(at, target);
  const full = of(1);
  return {
    method,
    time,
    interval: bootstrap(at, values, timeToTarget),
    crossing: crossing(at, target),
    medians: at.map(({ budget, values }) => ({
      budget,
      value: median(values),
      loss: average(of(budget).map(({ curve }) => curve.at(-1)?.loss ?? Infinity)),
    })),
    testAtTarget: time < Infinity ? median(of(time).map(testValue)) / median(atT.map(testValue)) : undefined,
    atT: method === base ? undefined : ratiosAtT(full, atT),
    picked: average(full.map(({ picked, steps }) => picked / Math.max(1, steps))),
    failed: mine.filter(({ failed }) => failed !== undefined).length,
  };
}

function ratiosAtT(mine: readonly RunRecord[], uniform: readonly RunRecord[]): RatiosAtT | undefined {
  const pairs = mine.flatMap((run) => {
    const other = uniform.find(({ seed }) => seed === run.seed);
    return other ? [[run, other] as const] : [];
  });
  if (pairs.length === 0) return undefined;
  const end = (part: keyof Measured) => (run: RunRecord) => run.curve.at(-1)?.[part];
  const ratio = (of: (run: RunRecord) => number | undefined) =>
    ratioEstimate(pairs.map(([run, other]) => (of(run) ?? Infinity) / (of(other) ?? Number.NaN)));
  const ece = uniform.every((run) => run.curve.at(-1)?.ece !== undefined) ? ratio(end('ece')) : undefined;
  return { value: ratio(finalValue), loss: ratio(end('loss')), ece, test: ratio(testValue) };
}

function testValue({ test }: RunRecord): number {
  return test?.value ?? Infinity;
}

function medianOf(runs: readonly RunRecord[], of: (run: RunRecord) => number | undefined): number | undefined {
  const values = runs.flatMap((run) => of(run) ?? []);
  return values.length === runs.length ? median(values) : undefined;
}
