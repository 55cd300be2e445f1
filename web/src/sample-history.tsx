import type { Visit } from './messages.ts';

const [width, height] = [150, 36];

export interface SampleHistoryProps {
  /** What is said of the sample. */
  readonly says: string;
  readonly visits: readonly Visit[];
}

/** The losses of one sample at the steps it was picked for. */
export function SampleHistory({ says, visits }: SampleHistoryProps) {
  const [first, last] = [visits[0], visits.at(-1)];
  if (!first || !last) return <p class="history soft">{says}</p>;
  const most = Math.max(...visits.map(({ loss }) => loss), 0.01);
  const span = Math.max(1, last.step - first.step);
  const at = ({ step, loss }: Visit) =>
    `${3 + ((step - first.step) / span) * (width - 6)},${3 + (1 - loss / most) * (height - 6)}`;
  return (
    <p class="history">
      <svg viewBox={`0 0 ${width} ${height}`} aria-hidden="true">
        <polyline class="line method" points={visits.map(at).join(' ')} />
        {visits.map((visit) => (
          <circle key={visit.step} class="dot" cx={at(visit).split(',')[0]} cy={at(visit).split(',')[1]} r="2" />
        ))}
      </svg>
      <span class="soft">
        {says}. At its last {visits.length === 1 ? 'pick' : `${visits.length} picks`}, steps {first.step} to {last.step}
        : loss {first.loss.toFixed(2)} to {last.loss.toFixed(2)}.
      </span>
    </p>
  );
}
