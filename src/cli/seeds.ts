import { ratioBars } from '../experiments/ratio-bars.ts';
import {
  type Estimate,
  estimate,
  intervalNote,
  ratioEstimate,
  ratioNote,
  verdict,
  withInterval,
} from '../experiments/statistics.ts';
import { list, number, percent } from '../report/format.ts';
import { type Html, html } from '../report/html.ts';
import { inks } from '../report/palette.ts';
import type { MethodRecord, RunRecord, SeedRecord } from '../report/record.ts';
import { resultRows } from '../report/results.ts';
import { unitOf } from '../report/summary.ts';
import { table } from '../report/table.ts';
import { textTable } from './text-table.ts';

/** One number of a method over the seeds, and against uniform with the same seed. */
export interface OverSeeds {
  readonly value: Estimate;
  readonly ratio?: Estimate;
  /** Why there is no ratio, where uniform took part. */
  readonly unrated?: string;
  /** `smaller`, `larger`, `within the noise`, or `no interval` of fewer than two seeds. */
  readonly verdict?: string;
}

export interface SeedRow {
  readonly method: string;
  readonly testError?: OverSeeds;
  readonly testLoss?: OverSeeds;
  readonly trainLoss?: OverSeeds;
  /** The seeds with which it failed; it then has no numbers, which would be those of the lucky seeds. */
  readonly failed?: readonly number[];
}

type Measure = 'trainLoss' | 'testLoss' | 'testError';
const measures = [
  ['testError', 'Test error', percent],
  ['testLoss', 'Test loss', number],
  ['trainLoss', 'Training loss', number],
] as const;

/** What is shown: the test loss only where there is no test error. */
const shownOf = (rows: readonly SeedRow[]) =>
  measures.filter(([key]) => key !== 'testLoss' || rows.every(({ testError }) => testError === undefined));

/** The methods of a race over the seeds that came to their end; none where there are no seeds. */
export function overSeeds({ seeds }: RunRecord): SeedRow[] {
  const [first] = seeds;
  if (first === undefined) return [];
  return first.methods.map(({ name }): SeedRow => {
    const failed = seeds.filter((run) => methodOf(run, name)?.result?.failed !== undefined);
    if (failed.length > 0) return { method: name, failed: failed.map(({ seed }) => seed) };
    return {
      method: name,
      testError: measured(seeds, name, 'testError'),
      testLoss: measured(seeds, name, 'testLoss'),
      trainLoss: measured(seeds, name, 'trainLoss'),
    };
  });
}

function methodOf({ methods }: SeedRecord, name: string): MethodRecord | undefined {
  return methods.find((method) => method.name === name);
}

function measured(seeds: readonly SeedRecord[], name: string, key: Measure): OverSeeds | undefined {
  const values = seeds.map((run) => last(run, name, key)).filter((value) => value !== undefined);
  if (values.length === 0) return undefined;
  const { low, ...mean } = estimate(values);
  // Student's interval of a few values far apart goes below what a loss or an error can be.
  const value = low === undefined ? mean : { ...mean, low: Math.max(0, low) };
  if (name === 'uniform') return { value };
  const unrated = whyUnrated(seeds, name, key);
  if (unrated !== undefined) return seeds.some((run) => methodOf(run, 'uniform')) ? { value, unrated } : { value };
  const ratios = seeds.map((run) => last(run, name, key)! / last(run, 'uniform', key)!);
  const ratio = ratioEstimate(ratios);
  return { value, ratio, verdict: verdict(ratio) };
}

/** The last number of a method; none of one that failed. */
function last(run: SeedRecord, method: string, key: Measure): number | undefined {
  const record = methodOf(run, method);
  return record?.result?.failed === undefined ? (record?.points.at(-1)?.[key] ?? undefined) : undefined;
}

/** A ratio to nothing, or of nothing, has no logarithm to average; leaving its seed out would favour one side. */
function whyUnrated(seeds: readonly SeedRecord[], name: string, key: Measure): string | undefined {
  const found = [name, 'uniform'].flatMap((method) => {
    const of = (what: string, is: (value: number | undefined) => boolean) => {
      const those = seeds.filter((run) => is(last(run, method, key))).map(({ seed }) => seed);
      return those.length > 0 ? [`that of ${method} is ${what} with ${seedList(those)}`] : [];
    };
    return [...of('0', (value) => value === 0), ...of('no number', (value) => value !== 0 && !isRatable(value))];
  });
  return found.length > 0 ? list(found) : undefined;
}

const isRatable = (value: number | undefined) => value !== undefined && value > 0 && value < Infinity;

/** What `--json` prints: the rows, and the results with each seed; nothing where there are no seeds. */
export function seedsJson(record: RunRecord) {
  const { config, seeds } = record;
  if (config.seeds === undefined) return undefined;
  return {
    rows: overSeeds(record),
    each: seeds.map(({ seed, methods }) => ({ seed, results: resultRows({ config, methods }) })),
  };
}

/** A sentence for each method that uniform can be compared with. */
function sentences(rows: readonly SeedRow[], seeds: number): string[] {
  return rows.flatMap((row) => {
    if (row.failed) return [`${row.method} failed with ${seedList(row.failed)}.`];
    const clauses = shownOf(rows).flatMap(([key, title]) => {
      const { ratio, verdict } = row[key] ?? {};
      return ratio ? [`${title.toLowerCase()} ${withInterval(ratio)} × uniform’s: ${verdict}`] : [];
    });
    return clauses.length > 0 ? [`${row.method}, over ${many(seeds)}: ${clauses.join('; ')}.`] : [];
  });
}

/** The tables on the terminal, each within 80 columns where names are not long; nothing where there are no seeds. */
export function seedsText(record: RunRecord): string {
  const rows = overSeeds(record);
  const tables = tablesOf(rows).map(({ head, cells }) => textTable([head, ...cells]));
  if (tables.length === 0) return '';
  const missing = unrated(rows).map((sentence) => `${sentence}\n`);
  return `${tables.join('\n')}${failures(rows)}${missing.join('')}\n${heldOver(record, rows)}\n`;
}

/** The same at the top of a report. */
export function seedsHtml(record: RunRecord): Html | undefined {
  const rows = overSeeds(record);
  const tables = tablesOf(rows);
  if (tables.length === 0) return undefined;
  const ink = inks(rows.map(({ method }) => method));
  const bars = shownOf(rows).map(([key, title]) =>
    ratioBars({
      title: `${title} relative to uniform`,
      bars: rows.flatMap(({ method, ...row }) => {
        const ratio = row[key]?.ratio;
        return ratio ? [{ name: method, ...ratio }] : [];
      }),
      inks: ink,
    }),
  );
  return html`${sentences(rows, record.seeds.length).map((sentence) => html`<p class="summary">${sentence}</p>`)}
${tables.map(({ head, cells }) =>
  table(
    head.map((title, k) => ({
      title: title[0].toUpperCase() + title.slice(1),
      cell: (row: readonly string[]) => row[k],
    })),
    cells,
  ),
)}
<p class="note">${[...unrated(rows), heldOver(record, rows)].join(' ')}</p>
${bars}`;
}

function tablesOf(rows: readonly SeedRow[]) {
  return shownOf(rows).flatMap(([key, title, text]) => {
    if (!rows.some((row) => row[key])) return [];
    const relative = rows.some((row) => row[key]?.ratio);
    const cells = rows.map(({ method, failed, ...row }) => {
      const { value, ratio, verdict = '' } = row[key] ?? {};
      const shown = value ? withInterval(value, text) : failed ? 'failed' : '–';
      return relative ? [method, shown, ratio ? withInterval(ratio) : '–', verdict] : [method, shown];
    });
    const head = relative ? ['method', title.toLowerCase(), '÷ uniform', 'it is'] : ['method', title.toLowerCase()];
    return [{ head, cells }];
  });
}

function failures(rows: readonly SeedRow[]): string {
  return rows.map(({ method, failed }) => (failed ? `${method} failed with ${seedList(failed)}.\n` : '')).join('');
}

/** Why a method has a number and no ratio, a sentence each. */
function unrated(rows: readonly SeedRow[]): string[] {
  return rows.flatMap((row) =>
    shownOf(rows).flatMap(([key, title]) => {
      const why = row[key]?.unrated;
      return why ? [`${row.method} has no ${title.toLowerCase()} ÷ uniform: ${why}.`] : [];
    }),
  );
}

function heldOver(record: RunRecord, rows: readonly SeedRow[]): string {
  const { seeds, config } = record;
  const unit = unitOf(record);
  const rated = rows.some((row) => measures.some(([key]) => row[key]?.ratio));
  const missing = (config.seeds ?? []).length - seeds.length;
  const left = missing > 0 ? ` ${many(missing)} of ${config.seeds?.length} not come to the end.` : '';
  return `${(rated ? ratioNote : intervalNote)(seeds.length)}${left}${unit ? ` ${unit}` : ''}`;
}

const many = (count: number) => `${count} ${count === 1 ? 'seed' : 'seeds'}`;
const seedList = (seeds: readonly number[]) => `${seeds.length === 1 ? 'seed' : 'seeds'} ${list(seeds.map(String))}`;
