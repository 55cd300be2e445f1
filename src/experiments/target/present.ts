import { greatest } from '../../extent.ts';
import { inks } from '../../report/index.ts';
import type { Presentation, TextTable } from '../experiment.ts';
import { ratioBars } from '../ratio-bars.ts';
import { withInterval } from '../statistics.ts';
import { budgetTable } from './by-budget.ts';
import { profileFigure } from './profile.ts';
import { base, type Runs, type TargetPlan } from './protocol.ts';
import { type MethodResult, resultsOf, type WorkloadResult } from './results.ts';
import type { ClockKind } from './run-once.ts';
import { geometricMean, signedRank } from './target-statistics.ts';

/** What there is to say of the runs so far: of each method a summary over the workloads, and the workloads one by one. */
export function presentTarget(plan: TargetPlan, runs: Runs, clock: ClockKind): Presentation {
  const results = resultsOf(plan, runs);
  const methods = [base, ...plan.methods.filter((method) => method !== base)].filter((method) =>
    results.some((result) => result.methods.some((row) => row.method === method)),
  );
  const summaries = methods.map((method) => summaryOf(method, results));
  const ink = inks(methods);
  return {
    summary: summaries.filter(({ method }) => method !== base).map(sentence),
    tables: [
      summaryTable(summaries),
      ...methods.filter((m) => m !== base).map((m) => methodTable(m, results)),
      budgetTable(results),
      uniformTable(results),
    ],
    figures: [
      profileFigure(methods, results, ink),
      ...methods
        .filter((method) => method !== base)
        .map((method) =>
          ratioBars({
            title: `${method}: time to the target ÷ T`,
            bars: rowsOf(method, results)
              .filter(([, row]) => row.time < Infinity)
              .map(([{ workload }, { time, interval }]) => ({
                name: workload.name,
                mean: time,
                low: Math.min(time, interval.low),
                high: Number.isFinite(interval.high) ? interval.high : time,
                n: 1,
              })),
            inks: new Map(),
          }),
        ),
    ],
    setting: settingOf(plan, results, clock),
  };
}

interface Summary {
  readonly method: string;
  readonly workloads: number;
  readonly missed: number;
  readonly mean: number;
  readonly crossing: number;
  readonly worst: number;
  readonly p: number;
  readonly atT: {
    readonly [part in 'value' | 'loss' | 'ece' | 'test']: {
      readonly mean: number;
      readonly worst: number;
      readonly p: number;
    };
  };
}

function rowsOf(method: string, results: readonly WorkloadResult[]): [WorkloadResult, MethodResult][] {
  return results.flatMap((result) => {
    const row = result.methods.find((row) => row.method === method);
    return row ? [[result, row] as [WorkloadResult, MethodResult]] : [];
  });
}

function summaryOf(method: string, results: readonly WorkloadResult[]): Summary {
  const rows = rowsOf(method, results).map(([, row]) => row);
  const times = rows.map(({ time }) => time);
  const over = (part: 'value' | 'loss' | 'ece' | 'test') => {
    const ratios = rows.flatMap(({ atT }) => atT?.[part]?.mean ?? []);
    return { mean: geometricMean(ratios), worst: greatest(ratios), p: signedRank(ratios.map(Math.log)) };
  };
  return {
    method,
    workloads: rows.length,
    missed: times.filter((time) => time === Infinity).length,
    mean: geometricMean(times),
    crossing: geometricMean(rows.map(({ crossing }) => crossing)),
    worst: greatest(times),
    p: signedRank(times.map(Math.log)),
    atT: { value: over('value'), loss: over('loss'), ece: over('ece'), test: over('test') },
  };
}

function sentence({ method, workloads, missed, mean, worst, p, atT }: Summary): string {
  const reached =
    missed === 0
      ? `reaches the target on all ${workloads} workloads`
      : `misses the target on ${missed} of ${workloads} workloads`;
  return `${method} ${reached}: geometric mean of the time ${ratio(mean)} × T (p ${text(p)}), at worst ${ratio(worst)} ×; at T validation loss ${ratio(atT.loss.mean)} × (at worst ${ratio(atT.loss.worst)} ×), test ${ratio(atT.test.mean)} × uniform’s.`;
}

function summaryTable(summaries: readonly Summary[]): TextTable {
  return {
    title: 'Time to the target over the workloads',
    head: [
      'method',
      'time ÷ T',
      'between',
      'worst',
      'missed',
      'p',
      'validation loss at T',
      'ECE at T',
      'test at T',
      'p of test',
    ],
    rows: summaries.map(({ method, workloads, missed, mean, crossing, worst, p, atT }) => [
      method,
      ratio(mean),
      ratio(crossing),
      ratio(worst),
      `${missed} of ${workloads}`,
      text(p),
      ...(method === base
        ? ['1', '1', '1', '–']
        : [
            ...[atT.loss, atT.ece, atT.test].map((part) => `${ratio(part.mean)} (≤ ${ratio(part.worst)})`),
            text(atT.test.p),
          ]),
    ]),
    note: 'Geometric means over the workloads; a target that is missed counts as infinite. Between: where the medians cross the target between two budgets. At T: method ÷ uniform, in brackets the worst workload. p: Wilcoxon’s signed-rank test over the workloads.',
  };
}

function methodTable(method: string, results: readonly WorkloadResult[]): TextTable {
  const rows = rowsOf(method, results);
  return {
    title: `${method} by workload`,
    head: [
      'workload',
      'half',
      'target',
      'time ÷ T',
      '95 %',
      'between',
      'test at target',
      'validation at T',
      'loss at T',
      'ECE at T',
      'test at T',
      'picked',
    ],
    rows: rows.map(([{ workload, target }, row]) => [
      workload.name,
      workload.half,
      text(target),
      ratio(row.time),
      `${ratio(row.interval.low)}–${ratio(row.interval.high)}`,
      ratio(row.crossing),
      ratio(row.testAtTarget),
      ...[row.atT?.value, row.atT?.loss, row.atT?.ece, row.atT?.test].map((part) =>
        part ? withInterval(part, ratio) : '–',
      ),
      `${Math.round(100 * row.picked)} %${row.failed > 0 ? `, ${row.failed} failed` : ''}`,
    ]),
    note: 'Test at target and all that is at T: method ÷ uniform at T; in brackets the 95 % interval of Student’s t over the seeds. 95 %: bootstrap over the seeds.',
  };
}

function uniformTable(results: readonly WorkloadResult[]): TextTable {
  return {
    title: 'Uniform sampling, the target',
    head: ['workload', 'measure', 'T', 'rate', 'steps', 'target', 'own time ÷ T', 'validation loss', 'ECE', 'test'],
    rows: results.map(({ workload, factor, target, uniform, methods }) => [
      workload.name,
      workload.measure,
      `${workload.seconds} s`,
      text(workload.rate * factor),
      text(uniform.steps),
      text(target),
      ratio(methods.find(({ method }) => method === base)?.time),
      text(uniform.loss),
      text(uniform.ece),
      text(uniform.test),
    ]),
    note: 'The target is the median over the seeds of uniform’s validation measure at T and its best rate.',
  };
}

function settingOf(
  { budgets, seeds, times, search }: TargetPlan,
  results: readonly WorkloadResult[],
  clock: ClockKind,
): string[] {
  return [
    `Protocol: uniform’s rate is ${search ? 'the best of a search in factors of two at T' : 'the one each workload names'}; its median validation measure at T is the target. Every method trains at that rate, decayed along a cosine to the end of the budget, nothing tuned for it; budgets T × ${budgets.join(', ')}; seeds ${Array.from({ length: seeds }, (_, k) => k + 1).join(', ')}.`,
    clocks[clock],
    times === 1 ? 'T as each workload has it.' : `T: ${times} × what each workload has.`,
    ...results.map(
      ({ workload, seeds: made }) =>
        `${workload.name} (${workload.half}, ${made} ${made === 1 ? 'seed' : 'seeds'}): ${workload.title}; batches of ${workload.batchSize}, ${workload.optimizer}.`,
    ),
  ];
}

const clocks = {
  wall: 'Clock: the machine’s, evaluation off it, compiling and scoring on it; one thread in every operation.',
  cpu: 'Clock: the time that processors worked for a run, evaluation off it, compiling and scoring on it; one thread in every operation.',
  counted: 'Clock: seconds are counted from what a run did, each kind of work at its cost, measured once by workload.',
} as const;

/** Two decimals and more where they are needed; a sign where there is nothing. */
function ratio(value: number | undefined): string {
  if (value === undefined || Number.isNaN(value)) return '–';
  return Number.isFinite(value) ? value.toFixed(value < 0.1 ? 3 : 2) : '∞';
}

function text(value: number | undefined): string {
  if (value === undefined || Number.isNaN(value)) return '–';
  return Number.isFinite(value) ? `${Number(value.toPrecision(3))}` : '∞';
}
