import { type Html, html } from './html.ts';
import { lineSample } from './line-sample.ts';
import { fold } from './page.ts';
import type { Ink } from './palette.ts';
import type { ResultRow } from './results.ts';

/** What each method that decides anything says of itself. */
export function explanations(rows: readonly ResultRow[], inks: ReadonlyMap<string, Ink>): Html | undefined {
  const telling = rows.filter(explains);
  if (telling.length === 0) return undefined;
  return fold(
    html`<h2>Why</h2>`,
    html`<p class="note">What was measured, what was needed and what was done, by each method that decides when to sample by importance. The seconds of steps are those of drawing and updating; the clock of training counts what is between two steps as well.</p>
${telling.map(
  ({ method, explanation }) => html`<h3>${lineSample(inks.get(method) as Ink)}${method}</h3>
<ul class="why">${explanation?.map((line) => html`<li>${line}</li>`)}</ul>`,
)}`,
  );
}

/** Whether there is more to say than how many steps were made. */
export function explains({ explanation }: ResultRow): boolean {
  return explanation !== undefined && explanation.length > 1;
}
