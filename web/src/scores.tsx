import type { Side } from './race.ts';

const [width, height] = [320, 120];
const bars = 60;

/** Last seen losses of all samples, the largest first, with how often each was picked over them. */
export function Scores({ side }: { readonly side: Side }) {
  const seen = [...side.scores.keys()]
    .filter((i) => side.scores[i] >= 0)
    .sort((a, b) => side.scores[b] - side.scores[a]);
  if (seen.length < bars) return <p class="soft">Too few samples have been seen.</p>;
  const mean = (values: ArrayLike<number>, k: number) => {
    const part = seen.slice(Math.floor((k * seen.length) / bars), Math.floor(((k + 1) * seen.length) / bars));
    return part.reduce((sum, i) => sum + values[i], 0) / part.length;
  };
  const columns = Array.from({ length: bars }, (_, k) => ({ loss: mean(side.scores, k), picked: mean(side.picks, k) }));
  const most = (name: 'loss' | 'picked') => Math.max(...columns.map((column) => column[name]), 1e-9);
  const [loss, picked] = [most('loss'), most('picked')];
  return (
    <figure class="scores">
      <figcaption>
        Losses of all samples, the largest at the left (bars), and <b>p(i)</b>, how often each was picked (line)
      </figcaption>
      <svg
        viewBox={`0 0 ${width} ${height}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`The hardest sixtieth of the samples was picked ${(columns[0].picked / Math.max(1e-9, columns.reduce((s, c) => s + c.picked, 0) / bars)).toFixed(1)} times as often as the average.`}
      >
        {columns.map((column, k) => (
          <rect
            key={k}
            class="bar"
            x={(k * width) / bars}
            width={width / bars - 1}
            y={height * (1 - column.loss / loss)}
            height={(height * column.loss) / loss}
          />
        ))}
        <polyline
          class="line method"
          points={columns
            .map((column, k) => `${((k + 0.5) * width) / bars},${2 + (height - 4) * (1 - column.picked / picked)}`)
            .join(' ')}
        />
      </svg>
    </figure>
  );
}
