import { configuration } from './configuration.ts';
import { curves, type XY } from './curves.ts';
import { essFigure } from './ess.ts';
import { explanations } from './explanations.ts';
import { capital, duration, many, tick } from './format.ts';
import { gainFigure, noiseShareFigure } from './gain.ts';
import { type Content, html } from './html.ts';
import { imagesFigure } from './images.ts';
import { fold, page } from './page.ts';
import { inks as inksOf } from './palette.ts';
import type { MethodRecord, PointEvent, RunRecord } from './record.ts';
import { type ResultRow, resultRows } from './results.ts';
import { samplesTables } from './samples.ts';
import { scoresFigure } from './scores.ts';
import { summary, unitOf } from './summary.ts';
import { resultTable, workTable } from './table.ts';
import { tauFigure } from './tau.ts';
import { panelColumns, thin } from './thin.ts';
import { unfinishedText } from './unfinished.ts';

export interface ReportOptions {
  /** What is to be said of all seeds, where there are several: it comes first, and the rest is then of the first seed. */
  readonly overSeeds?: Content;
  /** Where the page hears of its next version, while the run goes on. */
  readonly live?: string;
}

/**
 * The report of a race or of a training run, as one HTML page. It opens with one sentence and the validation curve; what is
 * long is folded.
 *
 * @example
 * ```ts
 * const text = runReport(await readRecord('runs/people'));
 * ```
 */
export function runReport(record: RunRecord, { overSeeds, live }: ReportOptions = {}): string {
  const { config, methods } = record;
  const rows = resultRows(record);
  const inks = inksOf(methods.map(({ name }) => name));
  const budget = config.seconds !== undefined ? `${duration(config.seconds)} each` : many(config.epochs ?? 0, 'epoch');
  const x = { label: 'seconds of training' };
  const { test, heldOut = 'test', answers } = config.data;
  // How many they are is not known of a stream.
  const tested = test > 0 ? `the ${test.toLocaleString('en-US')} ${heldOut} samples` : `the ${heldOut} samples`;
  const counted = answers ? `the ${wordsOf(answers, test)} of ${tested}` : tested;
  const unfinished = unfinishedText(record);
  const [headline, ...words] = summary(record).filter((sentence) => sentence !== unfinished);
  const [first, ...others] = [
    curves({
      title: `${capital(heldOut)} error`,
      caption: `Share of ${counted} that are classified wrongly; logarithmic axis.`,
      lines: linesOf(methods, ({ testError }) => (testError === undefined ? undefined : 100 * testError)),
      inks,
      x,
      y: { label: `${heldOut} error, %`, format: tick },
    }),
    curves({
      title: `${capital(heldOut)} loss`,
      caption: `Mean loss over ${tested}; where it rises while the training loss falls, the network memorises. Logarithmic axis.`,
      lines: linesOf(methods, ({ testLoss }) => testLoss),
      inks,
      x,
      y: { label: `${heldOut} loss` },
    }),
    curves({
      title: 'Training loss',
      caption: `${capital(config.trainLoss)}, against each method’s own training time; logarithmic axis.`,
      lines: linesOf(methods, ({ trainLoss }) => trainLoss),
      inks,
      x,
      y: { label: 'training loss' },
    }),
  ].filter((figure) => figure !== undefined);
  return page({
    live,
    title: config.title,
    under: [
      config.data.title ?? config.data.name,
      config.model.name.split(':')[0],
      budget,
      config.started.slice(0, 10),
    ].join(' · '),
    body: html`
${unfinished && html`<p class="notice">${unfinished}</p>`}
${overSeeds && html`${overSeeds}<h2>Seed ${config.seed} alone</h2>`}
${headline && html`<p class="summary">${headline}</p>`}
${first}
${resultTable(rows, inks, heldOut)}
<p class="note">${[unitOf(record), legendOfTable(record, rows)].filter(Boolean).join(' ')}</p>
${words.length > 0 && fold('All of it in words', html`<p>${words.join(' ')}</p>`)}
${fold('What each method did', workTable(rows, inks))}
${others}
${explanations(rows, inks)}
${samplesTables(record, inks)}
${gainFigure(methods, inks)}
${tauFigure(methods, inks)}
${essFigure(methods, inks)}
${noiseShareFigure(methods, inks)}
${scoresFigure(methods, inks)}
${imagesFigure(record)}
${configuration(config)}
<div hidden data-steps="${JSON.stringify(stepsOf(methods))}"></div>`,
  });
}

/** `42 labels`, where it is known how many there are. */
function wordsOf({ kind, each }: NonNullable<RunRecord['config']['data']['answers']>, samples: number): string {
  return each && samples > 0 ? `${(each * samples).toLocaleString('en-US')} ${kind}` : kind;
}

/** At which step each method was when, for the cursor of the page. */
function stepsOf(methods: readonly MethodRecord[]): { [method: string]: (readonly [seconds: number, step: number])[] } {
  return Object.fromEntries(
    methods.map(({ name, points, steps }) => {
      const told = [...points, ...steps].filter(({ seconds }) => Number.isFinite(seconds));
      const moments = thin(
        told.sort((a, b) => a.seconds - b.seconds),
        [],
        panelColumns,
      );
      return [name, moments.map(({ seconds, step }) => [Number(seconds.toPrecision(5)), step] as const)];
    }),
  );
}

function linesOf(
  methods: readonly MethodRecord[],
  value: (point: PointEvent) => number | undefined,
): ReadonlyMap<string, readonly XY[]> {
  const xy = (point: PointEvent): XY[] => {
    const y = value(point);
    return y === undefined || y === null ? [] : [{ x: point.seconds, y }];
  };
  return new Map(methods.map(({ name, points }) => [name, points.flatMap(xy)]));
}

function legendOfTable({ config }: RunRecord, rows: readonly ResultRow[]): string {
  if (rows.every(({ trainLossVsUniform }) => trainLossVsUniform === undefined)) return '';
  const { test, heldOut = 'test', answers } = config.data;
  // At worst they are so; what is printed is never too little.
  const together = answers ? `, as if all ${answers.kind} of one were right or wrong together,` : '';
  const error = rows.some(({ testError }) => testError !== undefined)
    ? `, and twice the standard error of a difference on ${test.toLocaleString('en-US')} samples${together} for the ${heldOut} error`
    : `, whatever chance is in the choice of the ${heldOut} samples`;
  return `÷ uniform: below 1 is better. Bold where it is better by more than the noise of this run, with ↑ where it is worse by more. The noise is twice the scatter of the last points of the curves for the loss${error}. Less than 2 % counts as noise.`;
}
