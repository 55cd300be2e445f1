/**
 * Curves and tables to one self-contained HTML file, drawn without a browser.
 *
 * @module unequal/report
 */
export { type CurvesOptions, curves, type XY } from './curves.ts';
export type {
  End,
  ImageEvent,
  PickedEvent,
  PointEvent,
  ResultEvent,
  SampleFindings,
  ScoresEvent,
  StepEvent,
  SwitchEvent,
} from './events.ts';
export { fileName, writeFigures } from './figure-files.ts';
export { count, duration, number, percent } from './format.ts';
export { historyReport, writeReport } from './history-report.ts';
export { type Content, Html, html, raw } from './html.ts';
export type { LeftOut } from './left-out.ts';
export type { Comparison } from './noise.ts';
export { type PageOptions, page } from './page.ts';
export { type Ink, inks } from './palette.ts';
export { type AxisOptions, type Cell, type PanelsOptions, panels } from './panels.ts';
export {
  type DrawnElement,
  Figure,
  type FigureOptions,
  figure,
  type Legend,
  type PlotElement,
  type PlotScale,
  plot,
  type Size,
} from './plot.ts';
export type { SeedRecord } from './record.ts';
export {
  type MethodRecord,
  type RunConfig,
  type RunEvent,
  type RunRecord,
  readRecord,
  toRecord,
} from './record.ts';
export { type ResultRow, resultRows } from './results.ts';
export { type ReportOptions, runReport } from './run-report.ts';
export { standalone } from './standalone.ts';
export { summary } from './summary.ts';
export { type Column, table } from './table.ts';
