import { createHash } from 'node:crypto';
import { count, number, percent } from '../report/format.ts';
import { type Html, html, raw } from '../report/html.ts';
import { type Figure, numbered } from '../report/plot.ts';
import type { Chosen } from './choose.ts';
import type { Content } from './content.ts';
import { keptDecisions } from './kept-decisions.ts';
import { inspectInBrowser } from './page-script.ts';
import { style } from './page-style.ts';

export interface InspectPage {
  /** What was trained on what by which method. */
  readonly title: string;
  /** The command that trains again with the labels. */
  readonly again: string;
  /** What the run is known by, where its decisions are kept. */
  readonly run: string;
  /** Absent where the targets are numbers. */
  readonly classNames?: readonly string[];
  readonly samples: readonly (Chosen & Content)[];
  /** How many of all samples were trained on, and of how many the label is likely wrong. */
  readonly trained: number;
  readonly suspects: number;
  /** Whether the model has learned enough to tell, and the share of the samples that it got right at last. */
  readonly learned: boolean;
  readonly right: number;
  /** Whether most samples were trained on once alone. */
  readonly once: boolean;
  /** How many of each order are on the page. */
  readonly most: number;
  readonly map?: Figure;
}

/**
 * The page of `unequal inspect`: one file that needs no network. Its scripts are those that are in it and no others,
 * whatever stands in the data; without scripts it still shows the samples.
 */
export function inspectPage(page: InspectPage): string {
  const { title, classNames = [], samples, trained, suspects, learned, right, once, most, map, run, again } = page;
  const script = `(${inspectInBrowser})(${keptDecisions});`;
  const hash = createHash('sha256').update(script).digest('base64');
  const policy = `default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'`;
  const classifies = classNames.length > 0;
  const hidden = raw(classifies ? '' : ' hidden');
  const known = inElement(JSON.stringify({ classes: classNames, run, most }));
  const long = samples.some(({ picture }) => picture === undefined);
  const found = !classifies
    ? html`${count(trained)} samples were trained on. Their targets are numbers: there are no labels to correct.`
    : !learned
      ? html`${tooShort({ right, once })}`
      : html`${count(suspects)} of ${count(trained)} samples have a label that is likely wrong: others had nine tenths of the probability over the run.`;
  const text = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>${raw(style)}</style>
</head>
<body>
<main>
<h1>${title}</h1>
<p>${found} The page has the ${count(most)} first samples of each order.</p>
${classifies && instructions(again, classNames)}
${map && html`<details><summary>Map of all samples</summary>${map}</details>`}
<div class="controls needs-script">
<label>Sort by <select id="sort">${classifies && html`<option value="suspicion">suspicion</option>`}<option value="loss">loss</option>${
    classifies && html`<option value="margin">margin</option><option value="forgotten">times forgotten</option>`
  }<option value="share">share of draws</option><option value="place">place in the data</option></select></label>
<label${hidden}>Label <select id="class"><option value="">all classes</option>${options(classNames)}</select></label>
<label${hidden}>Show <select id="show"><option value="all">all</option><option value="open">not decided</option><option value="decided">decided</option></select></label>
<p class="note" id="shown" role="status"></p>
</div>
<p id="none" hidden>No sample is left with these choices.</p>
<ul id="samples" role="listbox" tabindex="0" aria-label="Samples"${raw(long ? ' class="long"' : '')}>
${samples.map((sample) => card(sample, classNames))}
</ul>
</main>
<section class="bar" id="bar" aria-label="Decide"><div>
<p><b id="current"></b> <span id="said" role="status" aria-live="polite"></span></p>
<button id="take" class="first" type="button"${hidden}>Take suggestion</button><button id="right" type="button"${hidden}>Label is right</button>
<select id="label" aria-label="Label of this sample"${hidden}>${options(classNames)}</select><button id="set" type="button"${hidden}>Set</button>
<button id="undo" type="button"${hidden}>Undo</button>
<button id="download" type="button"${hidden}>Download labels.csv</button>
<p id="count" class="note"${hidden}></p>
</div></section>
<script type="application/json" id="known">${raw(known)}</script>
<script>${raw(script)}</script>
</body>
</html>
`.text;
  return numbered(text);
}

/** Said in place of how many labels are wrong, where the model has not learned enough to tell. */
export function tooShort({ right, once }: Pick<InspectPage, 'right' | 'once'>): string {
  const short = 'The run was too short to tell which labels are wrong';
  if (once) return `${short}: most samples were trained on once, when they were new to the model. Train longer.`;
  return `${short}: at its end the model gave ${percent(right)} of the samples their label. Train longer, or with another rate or model.`;
}

/** JSON in which no name ends the element that it stands in, or turns the text of the page's source around. */
function inElement(json: string): string {
  const hidden = /[<\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;
  return json.replace(hidden, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

function instructions(again: string, classNames: readonly string[]): Html {
  return html`<p>Move with the arrow keys. <kbd>Enter</kbd> takes the label that the model suggests, <kbd>Space</kbd> says that the label is right, digits give ${digits(classNames)}, <kbd>U</kbd> takes the last decision back. Then download labels.csv and train again:</p>
<p><code>${again}</code></p>`;
}

/** What the keys of the digits give: the script has the same rule. */
function digits(classNames: readonly string[]): string {
  return areNumbers(classNames) ? 'the class of that name' : 'the class with that number in the choice of labels below';
}

const areNumbers = (classNames: readonly string[]) => classNames.every((name) => /^\d+$/.test(name));

function options(classNames: readonly string[]): Html {
  const numbers = areNumbers(classNames);
  return html`${classNames.map((name, k) => html`<option value="${k}" data-name="${name}">${numbers ? name : `${k}: ${name}`}</option>`)}`;
}

function card(sample: Chosen & Content, classNames: readonly string[]): Html {
  const { record, suspicion, suggested, place, from, picture, text, cells } = sample;
  const { label, meanLoss, meanMargin, meanConfidence, forgotten = 0, share, times } = record;
  const name = (of: number | undefined) => (of === undefined ? undefined : (classNames[of] ?? String(of)));
  const doubt = meanConfidence === undefined ? undefined : percent(1 - meanConfidence, 2);
  const says = [
    `Sample ${place}`,
    ...(label === undefined ? [] : [`labelled ${name(label)}`]),
    ...(suggested === undefined ? [] : [`the model says ${name(suggested)}, other labels had ${doubt}`]),
    `loss ${number(meanLoss)}`,
  ].join(', ');
  return html`<li role="option" aria-selected="false" id="s${place}" data-index="${place}" data-label="${label}" data-suggested="${suggested}" data-suspicion="${suspicion}" data-loss="${meanLoss}" data-margin="${meanMargin}" data-forgotten="${forgotten}" data-share="${share}" data-says="${says}" aria-label="${says}">
${picture && html`<img src="data:image/png;base64,${picture.png}" width="${picture.width}" height="${picture.height}" alt="">`}
${text !== undefined && html`<div class="text">${text}</div>`}
${cells && html`<dl class="cells">${cells.map(([column, value]) => html`<dt>${column}</dt><dd>${value}</dd>`)}</dl>`}
<div class="says"><b>${name(label) ?? `sample ${place}`}</b>${suggested !== undefined && html` · model: <b>${name(suggested)}</b> · other labels had ${doubt}`}</div>
<div class="numbers">loss ${number(meanLoss)}${meanMargin !== undefined && html` · margin ${number(meanMargin)}`}${forgotten > 0 && html` · forgotten ${forgotten}×`} · drawn ${count(times)}×${from !== undefined && html` · ${from}`}</div>
<div class="decision" aria-hidden="true"></div>
</li>`;
}
