import { curves, type Figure, inks } from '../report/index.ts';
import type { RaceSetting, SlimCurve } from './race-experiment.ts';
import type { Row } from './race-tables.ts';
import { type Bar, ratioBars } from './ratio-bars.ts';
import type { Estimate } from './statistics.ts';

/** Bars of what the methods ended at, and curves of how they came there. */
export function raceFigures(setting: RaceSetting, rows: readonly Row[]): (Figure | undefined)[] {
  const ink = inks(rows.map(({ method }) => method));
  const bars = (ratio: (row: Row) => Estimate | undefined): Bar[] =>
    rows.flatMap((row) => {
      const value = ratio(row);
      return value ? [{ name: row.method, ...value }] : [];
    });
  const lines = (y: (point: SlimCurve['points'][number]) => number | undefined) =>
    new Map(
      rows.map(({ method, curves: [{ points }] }) => [
        method,
        points.map((point) => ({ x: point.seconds, y: y(point) ?? Number.NaN })),
      ]),
    );
  const { name, title, testError = 'test error' } = setting;
  return [
    ratioBars({
      title: `${title}: training loss relative to uniform`,
      name: `${name}: training loss relative to uniform`,
      bars: bars(({ lossRatio }) => lossRatio),
      inks: ink,
    }),
    ratioBars({
      title: `${title}: ${testError} relative to uniform`,
      name: `${name}: test error relative to uniform`,
      bars: bars(({ errorRatio }) => errorRatio),
      inks: ink,
    }),
    curves({
      title: `${title}: training loss`,
      name: `${name}: training loss`,
      caption: 'Against each method’s own training time, at uniform’s learning rate, first seed; logarithmic axis.',
      lines: lines(({ trainLoss }) => trainLoss),
      inks: ink,
      x: { label: 'seconds of training' },
      y: { label: 'training loss' },
    }),
    curves({
      title: `${title}: ${testError}`,
      name: `${name}: test error`,
      caption: 'On the held-out samples, against each method’s own training time, first seed; logarithmic axis.',
      lines: lines(({ testError }) => (testError === undefined ? undefined : 100 * testError)),
      inks: ink,
      x: { label: 'seconds of training' },
      y: { label: `${testError}, %` },
    }),
  ];
}
