/** What is drawn in one SVG of the page, read from the drawing itself. */
import { lineKey } from '../line-key.ts';

export interface Axis {
  readonly type: string;
  readonly label: string;
  readonly domain: readonly [number, number];
  /** Pixels of the drawing. */
  readonly range: readonly [number, number];
}

/** A line, with its points in pixels of its own panel. */
export interface Line {
  /** Whose line it is, as it is named in the drawing. */
  readonly key: string;
  /** `importance`, or `importance: worth`. */
  readonly name: string;
  readonly method: string;
  readonly path: SVGPathElement;
  readonly points: readonly (readonly [x: number, y: number])[];
}

export class Drawing {
  readonly x: Axis;
  readonly logarithmic: Axis;
  readonly names: readonly string[];
  private readonly original: string;
  private known: readonly Line[] | undefined;

  constructor(readonly svg: SVGSVGElement) {
    this.x = JSON.parse(svg.dataset.x as string);
    this.logarithmic = JSON.parse(svg.dataset.y as string);
    this.names = JSON.parse(svg.dataset.names as string);
    this.original = svg.innerHTML;
  }

  get isVisible(): boolean {
    return this.svg.getClientRects().length > 0;
  }

  /** The axis as it is drawn now. */
  get y(): Axis {
    const { logarithmic: axis, svg } = this;
    if (!svg.hasAttribute('data-linear')) return axis;
    return { ...axis, type: 'linear', domain: [Math.min(0, axis.domain[0]), axis.domain[1]] };
  }

  get lines(): readonly Line[] {
    this.known ??= [...this.svg.querySelectorAll<SVGPathElement>('g[aria-label=line] path')].map((path) => {
      const key = path.closest('[aria-description]')?.getAttribute('aria-description') ?? '';
      const method = this.names.find((name) => isOf(key, name)) ?? '';
      const name = `${method}${key.slice(lineKey(method).length)}`;
      return { key, name, method, path, points: pointsOf(path.getAttribute('d') ?? '') };
    });
    return this.known;
  }

  /** The drawing as it came. */
  reset(): void {
    this.svg.innerHTML = this.original;
    this.svg.removeAttribute('data-linear');
    this.known = undefined;
  }

  /** To be called when lines have been moved. */
  changed(): void {
    this.known = undefined;
  }
}

/** Whether marks with this key are of a method. */
export function isOf(key: string, method: string): boolean {
  return key === lineKey(method) || key.startsWith(`${lineKey(method)}: `);
}

/** The corners of a line; a curve is known by its ends. */
function pointsOf(d: string): [number, number][] {
  return [...d.matchAll(/[MLC]([^MLCZ]*)/g)].flatMap(([, numbers]) => {
    const values = numbers.split(/[\s,]+/).map(Number);
    const [x, y] = values.slice(-2);
    return Number.isFinite(x) && Number.isFinite(y) ? [[x, y] as [number, number]] : [];
  });
}

/** Pixels of a value. */
export function place({ type, domain: [a, b], range: [p, q] }: Axis, value: number): number {
  const share = type === 'log' ? Math.log(value / a) / Math.log(b / a) : (value - a) / (b - a);
  return p + share * (q - p);
}

/** The value at a pixel. */
export function valueAt({ type, domain: [a, b], range: [p, q] }: Axis, pixel: number): number {
  const share = (pixel - p) / (q - p);
  return type === 'log' ? a * (b / a) ** share : a + share * (b - a);
}

export function svgElement<K extends keyof SVGElementTagNameMap>(
  name: K,
  attributes: Readonly<Record<string, string | number>>,
): SVGElementTagNameMap[K] {
  const element = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  return element;
}

export function element<K extends keyof HTMLElementTagNameMap>(
  name: K,
  properties: Partial<HTMLElementTagNameMap[K]> = {},
): HTMLElementTagNameMap[K] {
  return Object.assign(document.createElement(name), properties);
}
