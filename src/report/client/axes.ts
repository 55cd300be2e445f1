import { tick } from '../format.ts';
import { type Drawing, place, valueAt } from './drawing.ts';

/** Draws a logarithmic figure again with a linear axis, from 0 on. */
export function toLinear(drawing: Drawing): void {
  const { svg, logarithmic } = drawing;
  if (logarithmic.type !== 'log' || svg.hasAttribute('data-linear')) return;
  svg.setAttribute('data-linear', '');
  const linear = drawing.y;
  const moved = (pixel: number) => Number(place(linear, valueAt(logarithmic, pixel)).toFixed(2));
  const each = (selector: string, change: (element: SVGElement) => void) => {
    for (const found of svg.querySelectorAll<SVGElement>(selector)) change(found);
  };
  const numbers = (element: SVGElement, ...names: string[]) => {
    for (const name of names) element.setAttribute(name, String(moved(Number(element.getAttribute(name)))));
  };
  each('g[aria-label=line] path', (path) => {
    const d = path.getAttribute('d') ?? '';
    path.setAttribute(
      'd',
      d.replace(/(-?[\d.]+),(-?[\d.]+)/g, (_, x, y) => `${x},${moved(Number(y))}`),
    );
  });
  each('g[aria-label=dot] circle', (circle) => numbers(circle, 'cy'));
  each('g[aria-label=rule] line', (line) => numbers(line, 'y1', 'y2'));
  each('g[aria-label=dot] path, g[aria-label=text][aria-description] text', (one) => translate(one, (y) => moved(y)));
  spread([...svg.querySelectorAll<SVGElement>('g[aria-label=text][aria-description] text')]);
  ticks(svg, 'y-axis tick label', (text, value) => {
    text.textContent = tick(value);
    translate(text, () => place(linear, value));
  });
  ticks(svg, 'y-grid', (line, value) => {
    for (const name of ['y1', 'y2']) line.setAttribute(name, String(place(linear, value)));
  });
  drawing.changed();

  function ticks(of: SVGElement, label: string, put: (element: SVGElement, value: number) => void): void {
    for (const group of of.querySelectorAll(`g[aria-label="${label}"]`)) {
      // In small multiples each panel has a group of its own.
      const holders = new Set([...group.querySelectorAll('text, line')].map(({ parentElement }) => parentElement));
      for (const holder of holders) {
        const [first, ...rest] = holder?.children ?? [];
        for (const one of rest) one.remove();
        for (const [k, value] of roundSteps(linear.domain).entries()) {
          const one = k === 0 ? first : first.cloneNode(true);
          if (k > 0) holder?.append(one);
          put(one as SVGElement, value);
        }
      }
    }
  }
}

/** The caption of a logarithmic figure says how its axis is drawn now. */
export function captioned({ svg }: Drawing, linear: boolean): void {
  const caption = svg.closest('figure')?.querySelector('figcaption');
  // Both words begin with one letter, which may be a capital.
  const words = ['ogarithmic axis', 'inear axis'];
  const [before, now] = linear ? words : words.reverse();
  if (caption) caption.innerHTML = caption.innerHTML.replace(before, now);
}

/** The names at the ends of lines, so that they do not cover each other. */
function spread(texts: readonly SVGElement[]): void {
  const at = (text: SVGElement) => Number(/,\s*(-?[\d.]+)/.exec(text.getAttribute('transform') ?? '')?.[1] ?? 0);
  const panels = new Set(texts.map((text) => text.parentElement?.parentElement));
  if (panels.size !== 1) return;
  const sorted = [...texts].sort((a, b) => at(b) - at(a));
  let limit = Infinity;
  for (const text of sorted) {
    const y = Math.min(at(text), limit);
    translate(text, () => y);
    // They bring the shift that the logarithmic axis needed.
    translate(text.parentElement as unknown as SVGElement, () => 0);
    limit = y - 14;
  }
}

function translate(element: SVGElement, y: (before: number) => number): void {
  const transform = element.getAttribute('transform') ?? '';
  const changed = transform.replace(
    /translate\((-?[\d.]+),\s*(-?[\d.]+)\)/,
    (_, x, old) => `translate(${x},${y(Number(old))})`,
  );
  element.setAttribute('transform', changed);
}

/** About five round values from the one end to the other. */
export function roundSteps([from, to]: readonly [number, number]): number[] {
  const rough = (to - from) / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 2.5, 5, 10].find((factor) => factor * power >= rough) as number) * power;
  const first = Math.ceil(from / step);
  return Array.from({ length: Math.floor(to / step) - first + 1 }, (_, k) =>
    Number(((first + k) * step).toPrecision(12)),
  );
}
