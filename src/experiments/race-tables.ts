import { count, duration, number, percent } from '../report/index.ts';
import type { Presentation, TextTable } from './experiment.ts';
import type { RaceResult, RaceSetting, SlimCurve } from './race-experiment.ts';
import { raceFigures } from './race-figures.ts';
import { type Estimate, estimate, positive, ratioEstimate, ratioNote, verdict, withInterval } from './statistics.ts';

interface Budget {
  readonly seconds: number;
  readonly seeds: number;
}

/** A method at one rate, over the seeds in which it and uniform came to their end. */
export interface Row {
  readonly method: string;
  readonly factor: number;
  readonly curves: readonly SlimCurve[];
  readonly failed?: string;
  readonly trainLoss?: Estimate;
  readonly testError?: Estimate;
  /** Against uniform of the same seed. */
  readonly lossRatio?: Estimate;
  readonly errorRatio?: Estimate;
  /** Seconds until uniform's last training loss of the same seed was reached, a number for each seed that reached it. */
  readonly toLoss?: readonly number[];
  /** Seconds from which on the test error stayed at uniform's last or below. */
  readonly toError?: readonly number[];
}

/** Tables, bars and curves of a race experiment, for what is there of it. */
export function presentRace(
  settings: readonly RaceSetting[],
  results: readonly RaceResult[],
  { seconds, seeds }: Budget,
): Presentation {
  const done = settings.flatMap((setting) => {
    const runs = results.filter((result) => result.setting === setting.name);
    return runs.some(({ factor }) => factor === 1) ? [{ setting, runs }] : [];
  });
  const parts = done.map(({ setting, runs }) => presentSetting(setting, runs));
  return {
    summary: parts.map(({ summary }) => summary),
    tables: parts.flatMap(({ tables }) => tables),
    figures: parts.flatMap(({ figures }) => figures),
    setting: [
      ...done.map(({ setting, runs }) => describe(setting, runs)),
      `Every method trains for ${duration(seconds)} on its own clock, in interleaved slices; scoring counts, evaluation does not. Engine: ${[...new Set(results.flatMap(({ curves }) => curves.map(({ engine }) => engine)))].join(', ')}.`,
      ratioNote(seeds),
    ],
  };
}

function describe(
  { title, batchSize, optimizer, rate, schedule, rates, repeated }: RaceSetting,
  runs: readonly RaceResult[],
): string {
  const [run] = runs;
  const seeds = [...new Set(runs.map(({ seed }) => seed))];
  const grid = rates ? `, also tried × ${rates.factors.join(', × ')} for ${rates.methods.join(', ')}` : '';
  return `${title}: ${count(run.train)} training and ${count(run.test)} test samples, ${count(run.parameters)} weights; batches of ${batchSize}, ${optimizer}, learning rate ${rate}${grid}; ${schedule?.says ?? 'constant rate'}. The training loss is that of the same ${count(run.trainPart)} random training samples, in evaluation mode. Seeds: ${seeds.join(', ')}${repeated && seeds.length > 1 ? `, after the first for ${repeated.join(', ')} alone` : ''}.`;
}

function presentSetting(setting: RaceSetting, runs: readonly RaceResult[]) {
  const whole = runs.filter(({ divisor }) => divisor === undefined);
  const common = rowsAt(setting, whole, 1);
  const best = new Map<string, Row>();
  for (const factor of [1, ...(setting.rates?.factors ?? [])]) {
    for (const row of rowsAt(setting, whole, factor)) {
      const before = best.get(row.method)?.trainLoss?.mean ?? Number.POSITIVE_INFINITY;
      if (!best.has(row.method) || (row.trainLoss?.mean ?? Number.POSITIVE_INFINITY) < before)
        best.set(row.method, row);
    }
  }
  const uniformBest = best.get('uniform');
  const own = [...best.values()].map((row) => (uniformBest ? compared(row, uniformBest.curves) : row));
  const tables = [tableOf(setting, `${setting.title}: at uniform’s learning rate`, common)];
  if (setting.rates) tables.push(tableOf(setting, `${setting.title}: each at its own best learning rate`, own, true));
  const { sooner } = setting;
  if (sooner && uniformBest) {
    const short = runs.filter(({ divisor }) => divisor === sooner.divisor);
    const factors = [...new Set(short.map(({ factor }) => factor))];
    const rows = factors.flatMap((factor) => rowsAt(setting, short, factor, uniformBest.curves));
    if (rows.length > 0) tables.push(soonerTable(setting, rows));
  }
  return { summary: summarize(setting, own), tables, figures: raceFigures(setting, common) };
}

/** The methods at one rate, beside uniform at the same rate or these runs of it. */
function rowsAt(
  setting: RaceSetting,
  runs: readonly RaceResult[],
  factor: number,
  uniform?: readonly SlimCurve[],
): Row[] {
  const races = runs.filter((run) => run.factor === factor);
  const of = (method: string) => races.flatMap(({ curves }) => curves.filter((curve) => curve.method === method));
  return setting
    .methods()
    .filter(({ name }) => of(name).length > 0)
    .map(({ name }) => compared({ method: name, factor, curves: of(name) }, uniform ?? of('uniform')));
}

/** Adds the numbers, against these runs of uniform seed by seed. */
function compared(row: Row, uniform: readonly SlimCurve[]): Row {
  const { curves } = row;
  const failed = curves.find(({ failed }) => failed !== undefined)?.failed;
  if (failed !== undefined) return { ...row, failed };
  const last = (curve: SlimCurve | undefined, key: 'trainLoss' | 'testError') => curve?.points.at(-1)?.[key];
  const all = (key: 'trainLoss' | 'testError') =>
    curves.map((curve) => last(curve, key)).filter((value) => value !== undefined);
  const ratios = (key: 'trainLoss' | 'testError') => {
    const values = curves.map((curve, k) => (last(curve, key) ?? Number.NaN) / (last(uniform[k], key) ?? Number.NaN));
    const usable = values.every((value) => value > 0 && Number.isFinite(value));
    return usable && values.length > 0 ? ratioEstimate(values) : undefined;
  };
  const itself = curves[0] === uniform[0];
  const reached = (key: 'trainLoss' | 'testError', seconds: typeof secondsTo) =>
    curves.flatMap(({ points }, k) => {
      const target = last(uniform[k], key);
      return target === undefined ? [] : (seconds(points, target) ?? []);
    });
  return {
    ...row,
    trainLoss: positive(estimate(all('trainLoss'))),
    testError: all('testError').length > 0 ? positive(estimate(all('testError'))) : undefined,
    lossRatio: itself ? undefined : ratios('trainLoss'),
    errorRatio: itself ? undefined : ratios('testError'),
    toLoss: reached('trainLoss', secondsTo),
    toError: reached('testError', secondsToStay),
  };
}

/** When a curve first came down to a training loss, between its points on a straight line. */
export function secondsTo(points: SlimCurve['points'], target: number): number | undefined {
  const k = points.findIndex(({ trainLoss }) => trainLoss <= target);
  if (k <= 0) return points[k]?.seconds;
  const [before, after] = [points[k - 1], points[k]];
  const share = (before.trainLoss - target) / (before.trainLoss - after.trainLoss);
  return before.seconds + share * (after.seconds - before.seconds);
}

/** The first point from which on the test error stayed at or below this: a net that is yet to learn may call all rare. */
export function secondsToStay(points: SlimCurve['points'], target: number): number | undefined {
  const above = points.findLastIndex(({ testError = Number.POSITIVE_INFINITY }) => testError > target);
  return points[above + 1]?.seconds;
}

function tableOf(setting: RaceSetting, title: string, rows: readonly Row[], withRate = false): TextTable {
  const { paper, testError = 'test error' } = setting;
  const seconds = (reached: readonly number[] | undefined, { curves, failed }: Row) => {
    if (failed || !reached?.length) return 'not';
    const mean = withInterval(positive(estimate(reached)), duration);
    return reached.length < curves.length ? `${mean}, ${reached.length} of ${curves.length} seeds` : mean;
  };
  const tried = (method: string) => setting.rates?.methods.includes(method);
  const columns: ([string, (row: Row) => string] | false)[] = [
    ['method', ({ method }) => method],
    withRate && ['rate', ({ method, factor }) => `${number(factor * setting.rate, 2)}${tried(method) ? '' : ' *'}`],
    ['training loss', lossCell],
    ['÷ uniform', ({ lossRatio }) => ratio(lossRatio)],
    paper !== undefined && ['paper', ({ method }) => number(paper[method]?.trainLoss)],
    [testError, errorCell],
    ['÷ uniform', ({ errorRatio }) => ratio(errorRatio)],
    paper !== undefined && ['paper', ({ method }) => number(paper[method]?.testError)],
    ['to uniform’s loss', (row) => seconds(row.toLoss, row)],
    ['to its error', (row) => seconds(row.toError, row)],
    ['steps', ({ curves: [{ steps }] }) => count(steps)],
    ['importance', ({ curves: [{ importanceShare }] }) => percent(importanceShare, 2)],
    ['loss is', ({ lossRatio }) => (lossRatio ? verdict(lossRatio) : '')],
  ];
  const shown = columns.filter((column) => column !== false);
  const failures = rows.filter(({ failed }) => failed).map(({ method, failed }) => `${method} failed: ${failed}`);
  return {
    title,
    head: shown.map(([name]) => name),
    rows: rows.map((row) => shown.map(([, cell]) => cell(row))),
    note: [
      withRate && 'The best rate is that of the lowest mean training loss.',
      withRate &&
        rows.some(({ method }) => !tried(method)) &&
        '* was run at that rate alone, and may do better at another; uniform had its pick.',
      'Seconds are those of a method’s own training until it came down to the training loss that uniform ended at, and until its error stayed at uniform’s last or below. Steps and share of importance steps are of the first seed.',
      !withRate && missedRegime(setting, rows),
      unrated(rows),
      ...failures,
    ]
      .filter((sentence) => sentence !== false)
      .join(' '),
  };
}

/** Whose error has no ratio to uniform's. */
function unrated(rows: readonly Row[]): string | false {
  const found = rows.filter((row) => row.method !== 'uniform' && !row.failed && row.testError && !row.errorRatio);
  if (found.length === 0) return false;
  return `No ratio of errors for ${found.map(({ method }) => method).join(', ')}: one of the errors is 0 or no number.`;
}

const ratio = (value: Estimate | undefined) => (value ? withInterval(value) : '–');
const lossCell = ({ trainLoss, failed }: Row) => (failed ? 'failed' : trainLoss ? withInterval(trainLoss) : '–');
const errorCell = ({ testError }: Row) => (testError ? withInterval(testError, percent) : '–');

/** A part of the seconds, with the learning rate decayed to it, beside uniform's whole run at its best rate. */
function soonerTable({ title, rate, testError = 'test error', sooner }: RaceSetting, rows: readonly Row[]): TextTable {
  return {
    title: `${title}: in 1/${sooner?.divisor} of the seconds`,
    head: ['method', 'rate', 'training loss', '÷ uniform in all', testError, '÷ uniform in all', 'steps', 'loss is'],
    rows: rows.map((row) => [
      row.method,
      number(row.factor * rate, 2),
      lossCell(row),
      ratio(row.lossRatio),
      errorCell(row),
      ratio(row.errorRatio),
      count(row.curves[0].steps),
      row.lossRatio ? verdict(row.lossRatio) : '',
    ]),
    note: 'The schedule of the learning rate is that of the shorter run. Uniform had all of the seconds and its best rate.',
  };
}

function missedRegime({ regime = Number.POSITIVE_INFINITY }: RaceSetting, rows: readonly Row[]): string | false {
  const { mean = 0 } = rows.find(({ method }) => method === 'uniform')?.trainLoss ?? {};
  if (mean <= regime) return false;
  return `Uniform is still at ${number(mean)}, not below ${regime} as the sample was chosen for: it takes more seconds here.`;
}

function summarize({ title }: RaceSetting, rows: readonly Row[]): string {
  const ranked = rows
    .filter(({ method, lossRatio }) => method !== 'uniform' && lossRatio)
    .sort((a, b) => (a.lossRatio as Estimate).mean - (b.lossRatio as Estimate).mean);
  const [first] = ranked;
  if (first === undefined) return `${title}: nothing to compare.`;
  const { method, lossRatio, errorRatio } = first;
  const importance = rows.find(({ method }) => method === 'importance');
  const also =
    importance?.lossRatio && importance !== first
      ? ` importance: ${withInterval(importance.lossRatio)} (${verdict(importance.lossRatio)}).`
      : '';
  return `${title}: the lowest training loss, each at its best rate, is that of ${method}, ${withInterval(lossRatio as Estimate)} × uniform’s (${verdict(lossRatio as Estimate)})${errorRatio ? `, with ${withInterval(errorRatio)} × its test error` : ''}.${also}`;
}
