import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import { printableLines } from '../printable.ts';
import { type Content, Html, html, raw } from './html.ts';
import { lineSample } from './line-sample.ts';
import type { Ink } from './palette.ts';

const { document } = parseHTML('<!doctype html><html><body></body></html>');

/** A page shows the first on a screen that is wide enough and in print, the second on a narrow screen. */
export type Size = 'wide' | 'narrow';

/** Pixels of a plot; text is 12 of them high in both sizes. */
export const width: { readonly [size in Size]: number } = { wide: 720, narrow: 340 };

/**
 * An element as far as it is used here. In words of our own, since those of Plot are declared in those of d3 and of the DOM, which not
 * every program has.
 */
export interface DrawnElement {
  readonly outerHTML: string;
  readonly classList: { add(...names: string[]): void };
  getAttribute(name: string): string | null;
  setAttribute(name: string, value: string): void;
  removeAttribute(name: string): void;
  remove(): void;
  querySelector(selectors: string): DrawnElement | null;
}

/** A plot that has been drawn. */
export interface PlotElement extends DrawnElement {
  scale(name: string): PlotScale | undefined;
}

/** How values become places in a plot. */
export interface PlotScale {
  readonly type?: string;
  readonly domain?: Iterable<unknown>;
  readonly range?: Iterable<unknown>;
  readonly apply: (value: number) => number;
}

/**
 * A plot as an element, drawn without a browser.
 *
 * @param options those of `Plot.plot` of `@observablehq/plot`: marks, scales, margins.
 *
 * @example
 * ```ts
 * const element = plot('wide', { marks: [] });
 * ```
 */
export function plot(size: Size, options: object): PlotElement {
  const all: Plot.PlotOptions = {
    document: document as unknown as Document,
    className: 'plot',
    width: width[size],
    style: { background: 'none', fontSize: '12px' },
    ...options,
  };
  return Plot.plot(all) as unknown as PlotElement;
}

export interface FigureOptions {
  readonly title: string;
  /** What its file is named after. Default the title. */
  readonly name?: string;
  /** One sentence that says what is seen. */
  readonly caption: Content;
  readonly legend?: Legend;
  /** What is seen, in numbers, for those who do not see it. */
  readonly description?: string;
  /** Whose lines they are, named by `lineKey`, and the titles of the axes: for the script of a page. */
  readonly lines?: { readonly names: readonly string[]; readonly x: string; readonly y: string };
  readonly draw: (size: Size) => PlotElement;
}

/** Names and inks of the lines of a plot. */
export interface Legend {
  readonly names: readonly string[];
  readonly inks: ReadonlyMap<string, Ink>;
  /** Whether the wide plot names its lines itself. */
  readonly narrow?: boolean;
}

/**
 * A title, a caption and the plots in both sizes, as HTML; and what they are drawn from, to be drawn elsewhere.
 *
 * @example
 * ```ts
 * const figures = [drawn].filter((one) => one instanceof Figure);
 * ```
 */
export class Figure extends Html {
  constructor(readonly options: FigureOptions) {
    const { title, caption, legend, draw } = options;
    const sizes = (['wide', 'narrow'] as const).map((size) => svg(draw(size), size, options));
    super(
      html`<figure>
<h2>${title}</h2>
<figcaption>${caption}</figcaption>
${legend && listOf(legend)}
${sizes}
</figure>`.text,
    );
  }
}

/**
 * A figure of a title, a caption and a plot, which is drawn in both sizes.
 *
 * @example
 * ```ts
 * const empty = figure({ title: 'Nothing', caption: 'An empty plot.', draw: (size) => plot(size, { marks: [] }) });
 * ```
 */
export function figure(options: FigureOptions): Figure {
  return new Figure(options);
}

function svg(element: PlotElement, size: Size, { title, description, lines }: FigureOptions): Html {
  element.classList.add(size);
  element.setAttribute('role', 'img');
  const label = description === undefined ? title : `${title}. ${description}`;
  const [x, y] = [axisOf(element, 'x', lines?.x), axisOf(element, 'y', lines?.y)];
  const data =
    lines &&
    x &&
    y &&
    html` data-names="${JSON.stringify(lines.names)}" data-x="${JSON.stringify(x)}" data-y="${JSON.stringify(y)}"`;
  // Not set on the element: what serialises it leaves < as it is.
  return raw(markup(element).replace('<svg', () => html`<svg aria-label="${label}"${data}`.text));
}

/** An axis as the script of the page needs it: what value is at which pixel. */
function axisOf(element: PlotElement, name: 'x' | 'y', label = '') {
  const scale = element.scale(name);
  if (scale === undefined || (scale.type !== 'linear' && scale.type !== 'log')) return undefined;
  const { type, domain, range } = scale;
  return { type, label, domain, range };
}

/** An element as text; names in it may hold anything. */
export function markup(element: PlotElement): string {
  return printableLines(element.outerHTML);
}

/** The lines of methods with their names. */
function listOf({ names, inks, narrow = false }: Legend): Html {
  const items = names.map((name) => html`<li>${lineSample(inks.get(name) as Ink)}${name}</li>`);
  return html`<ul class="legend${narrow && ' narrow-legend'}">${items}</ul>`;
}

/** Grid lines and axes that stay behind what they measure. */
export const grid = { stroke: 'var(--line)', strokeOpacity: 1 } as const;

/** Plot counts its clip paths as long as the process lives; the same page is to be the same text. */
export function numbered(text: string): string {
  const ids = new Map<string, number>();
  return text.replace(/\bplot-clip-\d+/g, (id) => {
    if (!ids.has(id)) ids.set(id, ids.size + 1);
    return `plot-clip-${ids.get(id)}`;
  });
}
