import { count, number, percent } from './format.ts';
import { type Html, html } from './html.ts';
import { lineSample } from './line-sample.ts';
import { fold } from './page.ts';
import type { Ink } from './palette.ts';
import type { ImageEvent, RunRecord, SampleFindings } from './record.ts';
import { table } from './table.ts';

/** The samples of each method that are worth a look: likely wrong labels, and those trained on most often. */
export function samplesTables({ methods, images }: RunRecord, inks: ReadonlyMap<string, Ink>): Html | undefined {
  const shown = methods.flatMap(({ name, result }) => (result?.samples ? [{ name, ...result.samples }] : []));
  if (shown.every(({ suspects, drawn }) => suspects.length === 0 && drawn.length === 0)) return undefined;
  return fold(
    html`<h2>Samples worth a look</h2>`,
    shown.map(
      ({ name, suspects, drawn }) => html`<h3>${lineSample(inks.get(name) as Ink)}${name}</h3>
${suspects.length > 0 && suspectTable(suspects, images)}
${drawn.length > 0 && drawnTable(drawn, images)}`,
    ),
  );
}

type Images = RunRecord['images'];

function suspectTable(suspects: SampleFindings['suspects'], images: Images): Html {
  return html`<p class="note">The likeliest wrong labels: over the whole run, the model gave other labels this share of the probability.</p>
${table<SampleFindings['suspects'][number]>(
  [
    { title: 'Sample', cell: ({ index }) => sample(index, images) },
    { title: 'Label', kind: 'text', cell: ({ label }) => label },
    { title: 'The model says', kind: 'text', cell: ({ suggested }) => suggested },
    { title: 'Other labels', cell: ({ confidence }) => percent(confidence) },
  ],
  suspects,
  { sortable: true },
)}`;
}

function drawnTable(drawn: SampleFindings['drawn'], images: Images): Html {
  const labelled = drawn.some(({ label }) => label !== undefined);
  return html`<p class="note">The samples that were trained on most often.</p>
${table<SampleFindings['drawn'][number]>(
  [
    { title: 'Sample', cell: ({ index }: { index: number }) => sample(index, images) },
    labelled && { title: 'Label', kind: 'text' as const, cell: ({ label }: { label?: string }) => label ?? '–' },
    { title: 'Times trained on', cell: ({ times }: { times: number }) => count(times) },
    { title: 'Mean loss', cell: ({ meanLoss }: { meanLoss: number }) => number(meanLoss) },
  ].filter((column) => column !== false),
  drawn,
  { sortable: true },
)}`;
}

function sample(index: number, images: ReadonlyMap<number, ImageEvent>): Html {
  const { png, width, height } = images.get(index) ?? {};
  const picture =
    png && html`<img class="thumb" src="data:image/png;base64,${png}" width="${width}" height="${height}" alt="">`;
  return html`${picture}${index}`;
}
