import { type Constants, constants } from '../../decision/policy.ts';
import type { Presentation, TextTable } from '../experiment.ts';
import type { Runs, TargetPlan } from './protocol.ts';
import { type MethodResult, resultsOf, type WorkloadResult } from './results.ts';
import type { ClockKind } from './run-once.ts';
import { geometricMean } from './target-statistics.ts';

const method = 'importance';
const factors = [0.5, 2] as const;
/** ρ₀ and ρ₁ are shares; at δ = 1 nothing is taken off a lead. */
const limits: { [name in keyof Constants]?: readonly [least: number, most: number] } = {
  learns: [0, 1],
  resists: [0, 1],
  discount: [1, Infinity],
};

/** The default, and each constant of the rule at half and at double its value, within its limits. */
export const sensitivityMethods: readonly string[] = [
  method,
  ...names().flatMap((name) => factors.map((factor) => withConstant(name, factor))),
];

/** What becomes of the validation samples at T where one constant of `decide` is half or double what it is. */
export function presentSensitivity(plan: TargetPlan, runs: Runs, clock: ClockKind): Presentation {
  const results = resultsOf(plan, runs);
  const rows = names().flatMap((name) =>
    factors.map((factor) => ({ name, factor, row: against(results, withConstant(name, factor)) })),
  );
  const known = rows.flatMap(({ name, factor, row }) => (row ? [{ name, factor, ...row }] : []));
  const most = known.toSorted((a, b) => Math.abs(Math.log(b.value)) - Math.abs(Math.log(a.value)))[0];
  return {
    summary: most
      ? [
          `The constant that moves the validation measure most is ${most.name}: at ${text(changed(most.name, most.factor))} in place of ${text(constants[most.name])} it is ${text(most.value)} × the default’s.`,
        ]
      : [],
    tables: [
      table(
        'Each constant of the rule at half and at double its value',
        'Geometric means over the workloads. Validation measure and loss: ÷ those of the default with the same seeds, at T.',
        rows.flatMap(({ name, factor, row }) => [
          [
            name,
            text(constants[name]),
            text(changed(name, factor)),
            ...(row ? [text(row.value), text(row.loss), percent(row.picked)] : ['–', '–', '–']),
          ],
        ]),
        ['constant', 'default', 'at', 'validation', 'validation loss', 'picked'],
      ),
      table(
        'By workload: validation measure ÷ the default’s',
        `The default picked in ${results.map((result) => `${percent(rowOf(result, method)?.picked ?? Number.NaN)} of the steps (${result.workload.name})`).join(', ')}.`,
        rows.map(({ name, factor }) => [
          `${name} ${text(changed(name, factor))}`,
          ...results.map((result) => text(ratio(result, withConstant(name, factor))?.value ?? Number.NaN)),
        ]),
        ['constant', ...results.map(({ workload }) => workload.name)],
      ),
    ],
    figures: [],
    setting: [
      `Seeds ${plan.seeds}, uniform’s best rate of a search, ${clock} seconds, T: ${plan.times} × what each workload has.`,
    ],
  };
}

function names(): (keyof Constants)[] {
  return Object.keys(constants) as (keyof Constants)[];
}

function changed(name: keyof Constants, factor: number): number {
  const [least, most] = limits[name] ?? [0, Infinity];
  return Number(Math.min(most, Math.max(least, constants[name] * factor)).toPrecision(6));
}

function withConstant(name: keyof Constants, factor: number): string {
  return `${method}/rule.${name}=${changed(name, factor)}`;
}

function rowOf(result: WorkloadResult, spec: string): MethodResult | undefined {
  return result.methods.find((row) => row.method === spec);
}

interface Against {
  readonly value: number;
  readonly loss: number;
  readonly picked: number;
}

/** Both are ratios to uniform sampling with the same seeds, which cancels. */
function ratio(result: WorkloadResult, spec: string): Against | undefined {
  const [mine, usual] = [rowOf(result, spec), rowOf(result, method)];
  const [its, theirs] = [mine?.atT, usual?.atT];
  if (!mine || !its || !theirs) return undefined;
  return {
    value: its.value.mean / theirs.value.mean,
    loss: its.loss.mean / theirs.loss.mean,
    picked: mine.picked,
  };
}

function against(results: readonly WorkloadResult[], spec: string): Against | undefined {
  const all = results.flatMap((result) => ratio(result, spec) ?? []);
  if (all.length === 0) return undefined;
  const mean = (part: 'value' | 'loss') => geometricMean(all.map((one) => one[part]));
  return {
    value: mean('value'),
    loss: mean('loss'),
    picked: all.reduce((sum, { picked }) => sum + picked, 0) / all.length,
  };
}

const text = (value: number): string => (Number.isFinite(value) ? `${Number(value.toPrecision(3))}` : '–');
const percent = (share: number): string => (Number.isFinite(share) ? `${Math.round(100 * share)} %` : '–');

const table = (title: string, note: string, rows: string[][], head: string[]): TextTable => ({
  title,
  note,
  head,
  rows,
});
