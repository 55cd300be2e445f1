import { hash, script } from 'virtual:page-script';
import { type Content, type Html, html, raw } from './html.ts';
import { paletteCss } from './palette.ts';
import { numbered } from './plot.ts';

const css = `${paletteCss}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body { margin: 0 auto; padding: 2.5rem 1.25rem 4rem; max-width: 47.5rem; background: var(--paper); color: var(--ink); overflow-wrap: anywhere;
  font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", Cantarell, "Liberation Sans", sans-serif; }
h1 { margin: 0; font-size: 1.75rem; line-height: 1.2; letter-spacing: -0.015em; text-wrap: balance; }
h2 { margin: 3rem 0 0.25rem; font-size: 1.125rem; line-height: 1.3; }
p { margin: 0.6rem 0; }
.under { margin: 0.4rem 0 1.5rem; color: var(--soft); }
.notice { padding: 0.6rem 0.9rem; border-left: 4px solid var(--m1); background: var(--box); font-weight: 600; }
.summary { font-size: 1.0625rem; }
.note, figcaption, caption { color: var(--soft); font-size: 0.875rem; line-height: 1.45; }
figure { margin: 0; break-inside: avoid; }
figcaption { margin: 0.25rem 0 0.75rem; max-width: 40rem; }
figure svg { display: block; width: 100%; height: auto; overflow: visible; }
.plot { --plot-background: var(--paper); font-family: inherit; color: var(--ink); }
.legend { display: flex; flex-wrap: wrap; gap: 0.1rem 1rem; margin: 0 0 0.5rem; padding: 0; list-style: none; font-size: 0.875rem; }
svg.sample { display: inline-block; width: 1.5rem; height: 0.6rem; margin-right: 0.4rem; }
.narrow, .narrow-legend { display: none !important; }
.scroll { overflow-x: auto; margin: 0.75rem 0; }
table { border-collapse: collapse; width: 100%; font-size: 0.875rem; line-height: 1.35; font-variant-numeric: tabular-nums; }
th, td { padding: 0.4rem 0.35rem; text-align: right; vertical-align: top; border-bottom: 1px solid var(--line); white-space: nowrap; overflow-wrap: normal; }
th { font-weight: 600; }
thead th { vertical-align: bottom; white-space: normal; border-bottom: 1.5px solid var(--ink); }
th:first-child, td:first-child { text-align: left; padding-left: 0; }
tbody th { min-width: 8rem; white-space: normal; overflow-wrap: anywhere; }
td.text, th.text, td.code, th.code { text-align: left; }
td.text { min-width: 14rem; white-space: normal; overflow-wrap: anywhere; }
td.code { min-width: 20rem; font-size: 0.8125rem; white-space: normal; overflow-wrap: anywhere; }
.better { font-weight: 700; }
.failed { color: var(--soft); }
code, pre { font-family: ui-monospace, "Cascadia Mono", "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; font-size: 0.8125rem; }
pre { margin: 0.75rem 0; padding: 0.7rem 0.9rem; overflow-x: auto; background: var(--box); border-radius: 6px; white-space: pre-wrap; overflow-wrap: anywhere; }
.why { margin: 0.3rem 0 0; padding-left: 1.1rem; font-size: 0.9375rem; line-height: 1.5; overflow-wrap: anywhere; }
.why li { margin: 0.15rem 0; }
h3 { margin: 1.25rem 0 0.4rem; font-size: 0.9375rem; }
.pictures { display: grid; grid-template-columns: repeat(12, 1fr); gap: 0.6rem 0.5rem; margin: 0; padding: 0; list-style: none; break-inside: avoid; }
.pictures li { font-size: 0.75rem; line-height: 1.3; text-align: center; color: var(--soft); overflow-wrap: anywhere; }
.pictures img { display: block; width: 100%; height: auto; margin-bottom: 0.2rem; image-rendering: pixelated; border-radius: 3px; }
.pictures b { color: var(--ink); }
.thumb { width: 1.5rem; height: auto; margin-right: 0.4rem; vertical-align: middle; image-rendering: pixelated; }
details { margin: 0.75rem 0; border-top: 1px solid var(--line); }
details[open] { padding-bottom: 0.5rem; }
summary { padding: 0.5rem 0; cursor: pointer; }
summary h2, summary h3 { display: inline; margin: 0; }
summary::marker { color: var(--soft); }
.tools { display: flex; flex-wrap: wrap; gap: 0.4rem; margin: 1.25rem 0 0; }
button { padding: 0.3rem 0.7rem; border: 1px solid var(--soft); border-radius: 1rem; background: var(--paper); color: var(--ink); font: inherit; font-size: 0.875rem; cursor: pointer; overflow-wrap: anywhere; }
button[aria-pressed=true] { background: var(--box); border-color: var(--ink); }
.tools button[aria-pressed=false]:not(:last-child) { text-decoration: line-through; color: var(--soft); }
th button { padding: 0; border: 0; border-radius: 0; background: none; font-weight: 600; text-align: inherit; text-decoration: underline dotted; }
th[aria-sort=ascending] button::after { content: " ↑"; }
th[aria-sort=descending] button::after { content: " ↓"; }
:focus-visible { outline: 2px solid var(--ink); outline-offset: 2px; }
.readout { min-height: 1.5em; margin: 0.1rem 0 0; color: var(--ink); font-size: 0.875rem; font-variant-numeric: tabular-nums; }
.cursor { stroke: var(--soft); stroke-width: 1; stroke-dasharray: none; pointer-events: none; }
.cursor-point { fill: var(--paper); stroke-width: 2; stroke-dasharray: none; pointer-events: none; }
figure svg[data-x] { touch-action: pan-y; }
@media screen and (max-width: 560px) {
  body { padding: 1.5rem 1rem 3rem; }
  .rows, .rows tbody, .rows tr, .rows th, .rows td { display: block; }
  .rows thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  .rows.sortable thead { position: static; width: auto; height: auto; clip-path: none; }
  .rows.sortable thead tr { display: flex; flex-wrap: wrap; gap: 0 1rem; }
  .rows.sortable thead th { border: 0; }
  .rows tr { padding: 0.4rem 0; border-bottom: 1px solid var(--line); }
  .rows tbody th, .rows td { padding: 0.1rem 0; border: 0; white-space: normal; overflow-wrap: anywhere; }
  .rows td, .rows td.text, .rows td.code { display: flex; justify-content: space-between; gap: 1rem; min-width: 0; }
  .rows td[data-title=""] { display: block; }
  .rows td:not([data-title=""])::before { content: attr(data-title); flex: none; max-width: 45%; color: var(--soft); }
  .rows td.text:not([data-title=""]) { text-align: right; }
  .rows td.code { display: block; }
  h1 { font-size: 1.4rem; }
  .wide { display: none !important; }
  figure svg.narrow { display: block !important; }
  .narrow-legend { display: flex !important; }
  .pictures { grid-template-columns: repeat(6, 1fr); }
}
@media print {
  .tools, .readout { display: none; }
  /* Paper cannot be unfolded. */
  details::details-content { content-visibility: visible; }
  summary { list-style: none; }
  body { padding: 0; max-width: none; font-size: 10.5pt; }
  h2 { break-after: avoid; margin-top: 1.75rem; }
  .scroll { overflow: visible; }
    table { font-size: 7.5pt; }
  td.text { min-width: 0; }
  td.code { min-width: 0; font-size: 7pt; overflow-wrap: anywhere; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}`;

/** What is long and read by few: folded, under its title. */
export function fold(title: Content, content: Content): Html {
  return html`<details><summary>${title}</summary>
${content}
</details>`;
}

export interface PageOptions {
  readonly title: string;
  readonly under?: Content;
  readonly body: Content;
  /** Where the page hears that there is a new version of itself, if it is served while its run goes on. */
  readonly live?: string;
}

/**
 * A whole HTML page, complete in itself: nothing is loaded from anywhere. One small script, which the page's own policy
 * names by its hash and which is the only one that may run, adds what needs one: values under the pointer, methods to show
 * and hide, linear axes. Without it all is there to be read.
 *
 * @example
 * ```ts
 * const text = page({ title: 'My run', body: html`<p>It ended.</p>` });
 * ```
 */
export function page({ title, under, body, live }: PageOptions): string {
  const policy = `default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src '${hash}'; base-uri 'none'; form-action 'none'${live === undefined ? '' : "; connect-src 'self'"}`;
  const text = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${raw(policy)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
${live !== undefined && html`<meta name="live" content="${live}">`}
<title>${title}</title>
<style>${raw(css)}</style>
</head>
<body>
<h1>${title}</h1>
${under !== undefined && html`<p class="under">${under}</p>`}
${body}
<script>${raw(script)}</script>
</body>
</html>
`.text;
  return numbered(text);
}
