import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import { type Content, type Html, html, raw } from './html.ts';
import type { Ink } from './palette.ts';

const { document } = parseHTML('<!doctype html><html><body></body></html>');

/** A page shows the first on a screen that is wide enough and in print, the second on a narrow screen. */
export type Size = 'wide' | 'narrow';

/** Pixels of a plot; text is 12 of them high in both sizes. */
export const width: { readonly [size in Size]: number } = { wide: 720, narrow: 340 };

export type PlotElement = ReturnType<typeof Plot.plot>;

/** A plot as an element, drawn without a browser. */
export function plot(size: Size, options: Plot.PlotOptions): PlotElement {
  return Plot.plot({
    document: document as unknown as Document,
    className: 'plot',
    width: width[size],
    style: { background: 'none', fontSize: '12px' },
    ...options,
  });
}

/** A title, the plots in both sizes and a caption of one sentence that says what is seen. */
export function figure({ title, caption, legend, draw }: FigureOptions): Html {
  const sizes = (['wide', 'narrow'] as const).map((size) => svg(draw(size), size, title));
  return html`<figure>
<h2>${title}</h2>
<figcaption>${caption}</figcaption>
${legend}
${sizes}
</figure>`;
}

export interface FigureOptions {
  readonly title: string;
  readonly caption: Content;
  readonly legend?: Content;
  readonly draw: (size: Size) => PlotElement;
}

function svg(element: PlotElement, size: Size, label: string): Html {
  element.classList.add(size);
  element.setAttribute('role', 'img');
  element.setAttribute('aria-label', label);
  return raw(element.outerHTML);
}

/** The lines of methods with their names. */
export function legend(names: readonly string[], inks: ReadonlyMap<string, Ink>, { narrow = false } = {}): Html {
  const items = names.map((name) => {
    const { color, dash } = inks.get(name) as Ink;
    const line = html`<svg viewBox="0 0 24 10" aria-hidden="true"><line x1="0" x2="24" y1="5" y2="5" stroke="${color}" stroke-width="2.5" stroke-dasharray="${dash ?? 'none'}"/></svg>`;
    return html`<li>${line}${name}</li>`;
  });
  return html`<ul class="legend${narrow && ' narrow-legend'}">${items}</ul>`;
}

/** Grid lines and axes that stay behind what they measure. */
export const grid = { stroke: 'var(--line)', strokeOpacity: 1 } as const;
