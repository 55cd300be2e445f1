/** Adds to a report what needs a script. The page is complete without. */
import { captioned, toLinear } from './axes.ts';
import { Cursor } from './cursor.ts';
import { Drawing, element, isOf, svgElement } from './drawing.ts';
import { follow } from './live.ts';
import { reachable, sortable } from './tables.ts';

/** What a reader has chosen; it outlives a new version of the page. */
const chosen = { hidden: new Set<string>(), linear: false };

function enhance(): void {
  const drawings = [...document.querySelectorAll<SVGSVGElement>('svg[data-x]')].map((svg) => new Drawing(svg));
  for (const table of document.querySelectorAll<HTMLTableElement>('table.sortable')) sortable(table);
  for (const box of document.querySelectorAll<HTMLElement>('.scroll')) reachable(box);
  if (drawings.length === 0) return;
  const steps = document.querySelector<HTMLElement>('[data-steps]')?.dataset.steps ?? '{}';
  const cursor = new Cursor(drawings, JSON.parse(steps));
  const redraw = () => {
    cursor.clear();
    for (const drawing of drawings) {
      if (drawing.logarithmic.type === 'log') captioned(drawing, chosen.linear);
      if (chosen.linear) toLinear(drawing);
      else if (drawing.svg.hasAttribute('data-linear')) drawing.reset();
      for (const group of drawing.svg.querySelectorAll<SVGElement>('g[aria-description]')) {
        const key = group.getAttribute('aria-description') ?? '';
        group.style.display = [...chosen.hidden].some((name) => isOf(key, name)) ? 'none' : '';
      }
    }
  };
  document.querySelector('figure')?.before(tools(drawings, redraw));
  redraw();
}

/** Buttons that show and hide methods, and one for the axes. */
function tools(drawings: readonly Drawing[], redraw: () => void): HTMLElement {
  const bar = element('div', { className: 'tools' });
  bar.setAttribute('role', 'group');
  bar.setAttribute('aria-label', 'What the figures show');
  const names = new Set(drawings.flatMap(({ names }) => names));
  if (names.size > 1) {
    for (const name of names) {
      const button = toggle(name, !chosen.hidden.has(name), (on) => {
        if (on) chosen.hidden.delete(name);
        else chosen.hidden.add(name);
        redraw();
      });
      const drawn = drawings.flatMap(({ lines }) => lines).find((line) => isOf(line.key, name));
      const inked = drawn?.path.closest('[stroke]:not([stroke=none])');
      if (inked) button.prepend(sampleOf(inked));
      bar.append(button);
    }
  }
  if (drawings.some(({ logarithmic }) => logarithmic.type === 'log')) {
    bar.append(
      toggle('linear axes', chosen.linear, (on) => {
        chosen.linear = on;
        redraw();
      }),
    );
  }
  return bar;
}

/** A piece of a line, as the legend has it. */
function sampleOf(inked: Element): SVGElement {
  const sample = svgElement('svg', { class: 'sample', viewBox: '0 0 24 10', 'aria-hidden': 'true' });
  const ink = {
    stroke: inked.getAttribute('stroke') ?? '',
    'stroke-dasharray': inked.getAttribute('stroke-dasharray') ?? 'none',
  };
  sample.append(svgElement('line', { x1: 0, x2: 24, y1: 5, y2: 5, 'stroke-width': 3, ...ink }));
  return sample;
}

function toggle(name: string, on: boolean, changed: (on: boolean) => void): HTMLButtonElement {
  const button = element('button', { type: 'button', textContent: name });
  button.setAttribute('aria-pressed', String(on));
  button.addEventListener('click', () => {
    const now = button.getAttribute('aria-pressed') !== 'true';
    button.setAttribute('aria-pressed', String(now));
    changed(now);
  });
  return button;
}

enhance();
follow(enhance);
