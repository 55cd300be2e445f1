import { duration, number, tick } from '../format.ts';
import { type Drawing, element, type Line, place, svgElement, valueAt } from './drawing.ts';

/** Pixels beyond the end of a line where it still says its last value. */
const reach = 16;

type Steps = Readonly<Record<string, readonly (readonly [seconds: number, step: number])[]>>;

/** A vertical line at the same place in every figure with the same axis, with what each line is there. */
export class Cursor {
  private marks: SVGElement[] = [];
  private readonly readouts = new Map<Element, HTMLElement>();
  private at: number | undefined;

  constructor(
    private readonly drawings: readonly Drawing[],
    private readonly steps: Steps,
  ) {
    for (const drawing of drawings) this.listen(drawing);
  }

  private listen(drawing: Drawing): void {
    const { svg } = drawing;
    const figure = svg.closest('figure');
    if (figure === null) return;
    if (!this.readouts.has(figure)) {
      const readout = element('p', { className: 'readout' });
      readout.setAttribute('aria-live', 'polite');
      figure.append(readout);
      this.readouts.set(figure, readout);
    }
    svg.tabIndex = 0;
    svg.addEventListener('pointermove', (event) => this.point(drawing, event));
    svg.addEventListener('pointerdown', (event) => this.point(drawing, event));
    svg.addEventListener('pointerleave', ({ pointerType }) => pointerType === 'mouse' && this.clear());
    svg.addEventListener('blur', () => this.clear());
    svg.addEventListener('keydown', (event) => this.key(drawing, event));
  }

  private point(drawing: Drawing, { clientX, clientY }: PointerEvent): void {
    const { x, y } = drawing;
    const inside = (value: number, [p, q]: readonly [number, number]) =>
      value >= Math.min(p, q) - 2 && value <= Math.max(p, q) + 2;
    for (const { path } of drawing.lines) {
      const matrix = path.getScreenCTM();
      if (matrix === null) continue;
      const at = new DOMPoint(clientX, clientY).matrixTransform(matrix.inverse());
      if (inside(at.x, x.range) && inside(at.y, y.range)) {
        this.show(drawing, valueAt(x, at.x));
        return;
      }
    }
    this.clear();
  }

  /** Arrows go from side to side, Home and End to the ends. */
  private key(drawing: Drawing, event: KeyboardEvent): void {
    const [from, to] = drawing.x.domain;
    const move = (to - from) / (event.shiftKey ? 10 : 50);
    const now = this.at ?? from;
    const places: Record<string, number> = {
      ArrowLeft: now - move,
      ArrowRight: this.at === undefined ? from : now + move,
      Home: from,
      End: to,
    };
    if (event.key === 'Escape') this.clear();
    if (!Object.hasOwn(places, event.key)) return;
    event.preventDefault();
    this.show(drawing, Math.min(to, Math.max(from, places[event.key])));
  }

  private show({ x: { label } }: Drawing, at: number): void {
    this.clear();
    this.at = at;
    for (const drawing of this.drawings) {
      if (drawing.x.label !== label || !drawing.isVisible) continue;
      const said = this.draw(drawing, at);
      const readout = this.readouts.get(drawing.svg.closest('figure') as Element);
      const where = label.startsWith('seconds') ? duration(at) : tick(at);
      if (readout) readout.textContent = [where, ...said].join(' · ');
    }
  }

  /** @returns what each line is there. */
  private draw(drawing: Drawing, at: number): string[] {
    const { x, y } = drawing;
    const pixel = place(x, at);
    const panels = new Set<string>();
    return drawing.lines.flatMap(({ name, method, path, points }) => {
      if (path.closest<SVGElement>('g[aria-description]')?.style.display === 'none') return [];
      const { e, f } = path.getCTM() as DOMMatrix;
      // One vertical line a panel.
      if (!panels.has(`${e},${f}`)) {
        panels.add(`${e},${f}`);
        this.mark(path, svgElement('line', { class: 'cursor', x1: pixel, x2: pixel, y1: y.range[0], y2: y.range[1] }));
      }
      const nearest = nearestTo(points, pixel);
      if (nearest === undefined) return [];
      this.mark(path, svgElement('circle', { class: 'cursor-point', cx: nearest[0], cy: nearest[1], r: 4 }));
      const step = stepAt(Object.hasOwn(this.steps, method) ? this.steps[method] : undefined, valueAt(x, nearest[0]));
      const unit = y.label.includes('%') ? ' %' : '';
      return [`${name} ${number(valueAt(y, nearest[1]))}${unit}${step === undefined ? '' : ` (step ${step})`}`];
    });
  }

  private mark(path: SVGPathElement, mark: SVGElement): void {
    path.parentElement?.append(mark);
    this.marks.push(mark);
  }

  clear(): void {
    for (const mark of this.marks) mark.remove();
    this.marks = [];
    this.at = undefined;
    for (const readout of this.readouts.values()) readout.textContent = '';
  }
}

function nearestTo(points: Line['points'], pixel: number): Line['points'][number] | undefined {
  let best: Line['points'][number] | undefined;
  for (const point of points) {
    if (best === undefined || Math.abs(point[0] - pixel) < Math.abs(best[0] - pixel)) best = point;
  }
  const [first, last] = [points[0], points[points.length - 1]];
  return best && pixel >= first[0] - reach && pixel <= last[0] + reach ? best : undefined;
}

/** The step a method was at, from the moments that are known. */
function stepAt(moments: Steps[string] | undefined, seconds: number): string | undefined {
  if (moments === undefined || moments.length === 0) return undefined;
  const after = moments.findIndex(([at]) => at >= seconds);
  if (after === 0) return moments[0][1].toLocaleString('en-US');
  const [[t, a], [u, b]] =
    after < 0 ? [moments[moments.length - 1], moments[moments.length - 1]] : [moments[after - 1], moments[after]];
  const share = u > t ? (seconds - t) / (u - t) : 1;
  return Math.round(a + Math.min(1, share) * (b - a)).toLocaleString('en-US');
}
