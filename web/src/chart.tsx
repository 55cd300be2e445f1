import type { Side } from './race.ts';

const [width, height] = [640, 260];
const margin = { left: 46, right: 12, top: 12, bottom: 34 };

/** Validation error of both sides against the seconds each has trained, the error logarithmic. */
export function Chart({ sides, seconds }: { readonly sides: readonly Side[]; readonly seconds: number }) {
  const errors = sides.flatMap(({ points }) => points.map(({ error }) => Math.max(error, 0.002)));
  const [low, high] = errors.length > 0 ? [Math.min(...errors) / 1.2, Math.max(...errors) * 1.1] : [0.05, 1];
  const x = (value: number) => margin.left + (value / seconds) * (width - margin.left - margin.right);
  const y = (value: number) =>
    margin.top +
    (Math.log(high / Math.max(value, 0.002)) / Math.log(high / low)) * (height - margin.top - margin.bottom);
  const ticks = [0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1].filter((tick) => tick >= low && tick <= high);
  const said = sides
    .map(({ name, points }) => `${name} ${points.length > 0 ? percent(points.at(-1)!.error) : 'not yet'}`)
    .join(', ');
  return (
    <figure class="chart">
      <figcaption>Validation error against seconds of training, each method on its own clock</figcaption>
      <svg viewBox={`0 0 ${width} ${height}`} role="img" aria-label={`Validation error now: ${said}`}>
        {ticks.map((tick) => (
          <g key={tick}>
            <line class="grid" x1={margin.left} x2={width - margin.right} y1={y(tick)} y2={y(tick)} />
            <text x={margin.left - 6} y={y(tick)} dy="0.35em" text-anchor="end">{`${100 * tick} %`}</text>
          </g>
        ))}
        {[0, 0.25, 0.5, 0.75, 1].map((share) => (
          <text key={share} x={x(share * seconds)} y={height - 12} text-anchor={share === 1 ? 'end' : 'middle'}>
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
      <ul class="legend">
        {sides.map(({ name, points }, k) => (
          <li key={k} class={k === 0 ? 'method' : 'uniform'}>
            {name} <b>{points.length > 0 ? percent(points.at(-1)!.error) : '…'}</b>
          </li>
        ))}
      </ul>
    </figure>
  );
}

export const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
