import { fault } from '../errors.ts';
import type { CurvePoint } from '../fit/curve.ts';
import type { History, ReportNames } from '../fit/history.ts';
import type { SampleHistory, SampleRecord } from '../fit/sample-history.ts';
import { type Checks, checkedOptions, elsewhere, text } from '../options.ts';
import { differences } from './differences.ts';
import type { RunConfig, RunEvent, SampleFindings } from './record.ts';
import { toRecord } from './record.ts';
import { runReport } from './run-report.ts';
import { thisMachine } from './this-machine.ts';

const checks: Checks<ReportNames> = { title: text, className: elsewhere };

/** Samples of each kind that a report names. */
const named = 50;

/**
 * The report of one training, or of several beside each other, as one HTML page: the page that `unequal report` makes. A
 * method that was trained twice is numbered. Runs in a browser too.
 *
 * @example
 * ```ts
 * const a = await fit(makeModel(), x, y, { epochs: 5, validationSplit: 0.1, method: uniform() });
 * const b = await fit(makeModel(), x, y, { epochs: 5, validationSplit: 0.1 });
 * const page = historyReport([a, b], { title: 'My data' });
 * ```
 *
 * @throws UnequalError if there is no run in it.
 */
export function historyReport(histories: History | readonly History[], names: ReportNames = {}): string {
  names = checkedOptions('historyReport', names, checks);
  const runs = (Array.isArray(histories) ? histories : [histories]) as readonly History[];
  if (runs.length === 0) throw fault({ wrong: 'nothing to report', got: 'no runs', expected: 'a History, or several' });
  for (const run of runs) {
    if (run?.setup !== undefined && run.course !== undefined) continue;
    throw fault({ wrong: 'nothing to report', got: run, expected: 'what fit or fitDataset returned' });
  }
  const titles = numbered(runs.map(({ setup }) => setup!.method));
  const events = runs.flatMap((run, k) => eventsOf(run, titles[k], names));
  return runReport(toRecord(configOf(runs, titles, names), [...events, { type: 'end', reason: 'done' }]));
}

/**
 * Writes the report of one training, or of several, as one HTML file: whole or not at all. For Node alone.
 *
 * @example
 * ```ts
 * const history = await fit(model, x, y, { epochs: 5, validationSplit: 0.1 });
 * await writeReport(history, 'report.html');
 * ```
 *
 * @throws UnequalError if there is nothing to report, or the file cannot be written.
 */
export async function writeReport(
  histories: History | readonly History[],
  path: string,
  names: ReportNames = {},
): Promise<void> {
  const page = historyReport(histories, names);
  // Not imported above, so that reports can be made in a browser too.
  const { checkWritable, writeWhole } = await import('../whole-file.ts');
  await checkWritable(path, 'path of the report');
  await writeWhole(path, page);
}

/** Each name once: the second importance is `importance 2`. */
function numbered(names: readonly string[]): string[] {
  const taken: string[] = [];
  for (const name of names) {
    let free = name;
    for (let k = 2; taken.includes(free); k++) free = `${name} ${k}`;
    taken.push(free);
  }
  return taken;
}

function eventsOf(history: History, method: string, names: ReportNames): RunEvent[] {
  const { course, switches, samples } = history;
  const { trace, scores, steps, importanceSteps, forward, backward, seconds } = course!;
  const points = withRestored(history);
  const at = { method, seconds, step: steps };
  const findings = samples && findingsOf(samples, names);
  return [
    ...points.map((point): RunEvent => ({ ...point, type: 'point', method })),
    ...trace.map(
      ({ phase, ...moment }): RunEvent => ({
        ...{ ...moment, type: 'step', method, epoch: 0, forward, backward, importance: phase === 'importance' ? 1 : 0 },
      }),
    ),
    ...switches.map(({ on, why, step, seconds }): RunEvent => ({ type: 'switch', method, on, why, step, seconds })),
    ...(scores ? [{ ...at, type: 'scores', scores } as const] : []),
    {
      ...{ ...at, type: 'result', forward, backward, importanceShare: steps === 0 ? 0 : importanceSteps / steps },
      explanation: history.explain({ detail: true }).split('\n'),
      samples: findings,
    },
  ];
}

/** The points of the course, and that of the epoch whose weights were put back at the end: what the model is left with. */
function withRestored({ course, epoch, restored }: History): readonly CurvePoint[] {
  const { points } = course!;
  const last = points.at(-1);
  const best = restored === undefined ? undefined : points[epoch.indexOf(restored)];
  if (best === undefined || last === undefined || best === last) return points;
  return [...points, { ...best, seconds: last.seconds, step: last.step, epoch: last.epoch }];
}

/**
 * The likeliest wrong labels, and the samples that were trained on most often.
 * @param names `place` says what a sample is called: its index by default.
 */
export function findingsOf(
  samples: SampleHistory,
  { className = String, place = (index) => index }: ReportNames & { place?: (index: number) => number } = {},
): SampleFindings {
  const suspects = samples.classifies ? samples.suspects().slice(0, named) : [];
  return {
    suspects: suspects.map(({ index, label, suggested, confidence }) => ({
      ...{ index: place(index), label: className(label), suggested: className(suggested), confidence },
    })),
    drawn: favourites(samples).map(({ index, label, times, meanLoss }) => ({
      ...{ index: place(index), times, meanLoss },
      ...(label !== undefined && { label: className(label) }),
    })),
  };
}

/** Those trained on most often; none where all were as often as the order of the epochs has it, and the first are any. */
function favourites(samples: SampleHistory): SampleRecord[] {
  const most = samples.mostDrawn(named);
  if (most.length === 0) return [];
  const [{ times, share }] = most;
  const mean = times / share / samples.length;
  return times < mean + 1 ? [] : most;
}

function configOf(runs: readonly History[], titles: readonly string[], { title }: ReportNames): RunConfig {
  const [first] = runs.map(({ setup }) => setup!);
  const { model, seed = 0, seconds, epochs, batchSize, learningRate, started } = first;
  const every = <T>(value: (run: (typeof runs)[number]['setup'] & object) => T) => [
    ...new Set(runs.map(({ setup }) => value(setup!))),
  ];
  const others = differences(
    runs.map(({ setup }) => setup!),
    titles,
  );
  const weighted = runs.some(({ setup }) => setup!.weighted);
  return {
    ...{
      kind: runs.length > 1 ? 'race' : 'train',
      title: title ?? `${model.name} by ${titles.join(' and ')}`,
      command: '',
    },
    ...{ started, seed, seconds, batchSize, learningRate, model },
    optimizer: every(({ optimizer }) => optimizer).join('; '),
    // Without one the rate may have been a callback's.
    schedule: runs.some(({ setup }) => setup!.schedule) ? every(({ schedule = 'none' }) => schedule).join('; ') : '',
    epochs: epochs ?? (seconds === undefined ? 1 : undefined),
    data: {
      name: 'data',
      title: 'data of your own',
      train: first.samples ?? 0,
      test: first.validation ?? 0,
      heldOut: 'validation',
      answers: first.answers,
    },
    methods: Object.fromEntries(runs.map(({ setup }, k) => [titles[k], setup!.options])),
    ...(first.seed === undefined && { seedNote: 'none: nothing was drawn by one' }),
    ...(others !== '' && { notes: { Otherwise: others } }),
    machine: thisMachine(),
    versions: {},
    engine: every(({ engine }) => engine).join(', '),
    trainLoss: `mean ${every(({ loss }) => loss).join(', ')} of the samples trained on in an epoch${weighted ? ', times their weights' : ''}, while the network learned`,
  };
}
