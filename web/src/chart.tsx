import { useEffect, useRef, useState } from 'preact/hooks';
import type { Side } from './race.ts';

const margin = { left: 46, right: 12, top: 10, bottom: 22 };
/** Where an error of zero is drawn, which is nowhere on a logarithmic axis: below one of 1000 samples. */
const zero = 0.0005;
const ticks = [zero, 0.001, 0.002, 0.005, 0.01, 0.02, 0.03, 0.05, 0.07, 0.1, 0.15, 0.2, 0.3, 0.5, 0.7, 1];

/** Validation error of both sides against the seconds each has trained, the error logarithmic. */
export function Chart({ sides, seconds }: { readonly sides: readonly Side[]; readonly seconds: number }) {
  const figure = useRef<HTMLElement>(null);
  // Drawn in pixels, so that letters are as large on a small screen.
  const [width, setWidth] = useState(640);
  useEffect(() => {
    const watch = new ResizeObserver(([entry]) => setWidth(Math.max(200, Math.round(entry.contentRect.width))));
    if (figure.current) watch.observe(figure.current);
    return () => watch.disconnect();
  }, []);
  // It stays in view: a low window keeps room for the rest.
  const height = Math.round(Math.min(250, 0.3 * innerHeight, Math.max(130, 0.38 * width)));
  const errors = sides.flatMap(({ points }) => points.map(({ error }) => Math.max(error, zero)));
  const [low, high] = errors.length > 0 ? [Math.min(...errors) / 1.2, Math.max(...errors) * 1.1] : [0.05, 1];
  const x = (value: number) => margin.left + (value / seconds) * (width - margin.left - margin.right);
  const y = (value: number) =>
    margin.top +
    (Math.log(high / Math.max(value, zero)) / Math.log(high / low)) * (height - margin.top - margin.bottom);
  const said = sides.map(({ name, points }) => `${name} ${latest(points) ?? 'not yet'}`).join(', ');
  return (
    <figure class="chart" ref={figure}>
      <svg viewBox={`0 0 ${width} ${height}`} role="img" aria-label={`Validation error now: ${said}`}>
        {apart(ticks, y).map((tick) => (
          <g key={tick}>
            <line class="grid" x1={margin.left} x2={width - margin.right} y1={y(tick)} y2={y(tick)} />
            <text x={margin.left - 6} y={y(tick)} dy="0.35em" text-anchor="end">
              {`${tick === zero ? 0 : Number((100 * tick).toFixed(1))} %`}
            </text>
          </g>
        ))}
        {[0, 0.25, 0.5, 0.75, 1].map((share) => (
          <text key={share} x={x(share * seconds)} y={height - 5} text-anchor={share === 1 ? 'end' : 'middle'}>
            {`${share * seconds} s`}
          </text>
        ))}
        {sides.map(({ points }, k) => (
          <polyline
            key={k}
            class={k === 0 ? 'line method' : 'line uniform'}
            points={points.map((p) => `${x(p.seconds)},${y(p.error)}`).join(' ')}
          />
        ))}
      </svg>
      <figcaption>
        Validation error by seconds of training
        <ul class="legend">
          {sides.map(({ name, points }, k) => (
            <li key={k} class={k === 0 ? 'method' : 'uniform'}>
              <svg viewBox="0 0 24 10" aria-hidden="true">
                <line class={k === 0 ? 'line method' : 'line uniform'} x1="0" x2="24" y1="5" y2="5" />
              </svg>
              {name} <b>{latest(points) ?? '…'}</b>
            </li>
          ))}
        </ul>
      </figcaption>
    </figure>
  );

  /** Those in the picture, the smallest first, each 20 pixels or more from the one before. */
  function apart(all: readonly number[], y: (tick: number) => number): number[] {
    const kept: number[] = [];
    for (const tick of all) {
      if (tick < low || tick > high) continue;
      if (kept.length === 0 || y(kept.at(-1)!) - y(tick) >= 20) kept.push(tick);
    }
    return kept;
  }
}

const latest = (points: Side['points']): string | undefined => {
  const last = points.at(-1);
  return last && `${(100 * last.error).toFixed(1)} %`;
};
