import { type Html, html, page, table } from '../report/index.ts';
import type { Experiment, Presentation, TextTable } from './experiment.ts';
import type { ExperimentConfig } from './run.ts';

/** The report of an experiment, one HTML page complete in itself. */
export function experimentPage(
  { title, about, budget }: Experiment,
  { command, started, machine, versions, scale, seeds, ...config }: ExperimentConfig,
  { summary, tables, figures, setting }: Presentation,
): string {
  const facts = [
    ['Setting', setting.join(' ')],
    ['Budget', `scale ${scale}, ${config.budget} ${budget} each, seeds ${seeds.join(', ')}`],
    ['Machine', `${machine.cpu}, ${machine.cores} cores, ${machine.threads} threads, ${machine.system}`],
    [
      'Versions',
      Object.entries(versions)
        .map(([name, version]) => `${name} ${version}`)
        .join(', '),
    ],
    ['Started', started],
  ];
  return page({
    title,
    under: about,
    body: html`
${summary.map((sentence) => html`<p class="summary">${sentence}</p>`)}
${tables.map(htmlTable)}
${figures}
<section>
<h2>How this was made</h2>
<pre>${command}</pre>
${table(
  [
    { title: '', cell: ([name]) => name },
    { title: '', kind: 'text', cell: ([, value]) => value },
  ],
  facts,
)}
</section>`,
  });
}

/** A table of words on a page. */
export function htmlTable({ title, head, rows, note }: TextTable): Html {
  return html`<section>
<h2>${title}</h2>
${table(
  head.map((title, k) => ({ title, cell: (row: readonly string[]) => row[k] })),
  rows,
)}
${note !== undefined && html`<p class="note">${note}</p>`}
</section>`;
}
