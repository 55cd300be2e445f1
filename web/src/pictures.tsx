import { useEffect, useRef, useState } from 'preact/hooks';
import { type Edits, labelOf } from './edits.ts';
import type { BatchSeen, Visit } from './messages.ts';
import { Picture } from './picture.tsx';
import type { Side } from './race.ts';
import type { Task } from './tasks.ts';

/** Pictures in the last batch that are shown, those with the largest losses first. */
const shown = 24;

export interface PicturesProps {
  readonly side: Side;
  readonly task: Task;
  /** Samples whose label is another now, or that are out. */
  readonly edits: Edits;
  readonly choose: (index: number) => void;
  /** Whether one of them is being relabelled. */
  readonly held: boolean;
  /** Told what is pointed at or focused, and what there is to say of it. */
  readonly look: (looked: { readonly says: string; readonly visits: readonly Visit[] }) => void;
}

/**
 * The last batch: the larger a picture, the more often it was picked; the thicker its border, the larger its loss. It holds
 * still while it is pointed at or has the keyboard, as nobody could hit what moves.
 */
export function Pictures({ side, task, edits, choose, held, look }: PicturesProps) {
  const [pointed, setPointed] = useState(false);
  const [focused, setFocused] = useState(false);
  // Until the keyboard is back on the one that was relabelled.
  const [kept, setKept] = useState(held);
  useEffect(() => setKept(held), [held]);
  const last = useRef<{ task: Task; batch: BatchSeen; picks: Uint32Array }>(undefined);
  if (side.batch && !((pointed || focused || held || kept) && last.current?.task === task)) {
    last.current = { task, batch: side.batch, picks: side.picks };
  }
  if (!side.batch || !last.current) return <p class="soft">No batch yet.</p>;
  const { batch, picks } = last.current;
  const loss = new Map(batch.indices.map((index, k) => [index, batch.losses[k]]));
  const visits = new Map(batch.indices.map((index, k) => [index, batch.visits[k]]));
  const list = [...loss].sort((a, b) => b[1] - a[1]).slice(0, shown);
  // Names of most classes are in full below the pictures.
  const smallest = task.classes.some((name) => name.length > 3) ? 40 : 26;
  const average = picks.reduce((sum, count) => sum + count, 0) / picks.length;
  return (
    <ul
      class="pictures"
      onPointerEnter={() => setPointed(true)}
      onPointerLeave={() => setPointed(false)}
      onFocusIn={({ target }) => setFocused((target as HTMLElement).matches(':focus-visible'))}
      onFocusOut={({ currentTarget, relatedTarget }) => {
        if (!currentTarget.contains(relatedTarget as Node | null)) setFocused(false);
      }}
    >
      {list.map(([index, value]) => {
        const label = labelOf(index, edits, task);
        const size = smallest + Math.round(Math.min(38, 12 * Math.sqrt(picks[index] / Math.max(1, average))));
        const wrongly = task.wrong.has(index) && !edits.has(index) ? ' wrongly' : '';
        const times = picks[index] === 1 ? 'once' : `${picks[index]} times`;
        const says = `Sample ${index}, ${label === null ? 'removed' : `labelled ${task.classes[label]}${wrongly}`}: picked ${times}, loss ${value.toFixed(2)}`;
        const tell = () => look({ says, visits: visits.get(index) ?? [] });
        return (
          <li key={index}>
            <button
              type="button"
              title={says}
              aria-label={`${says}. Relabel or remove it`}
              class={label === null ? 'removed' : wrongly && 'wrong'}
              style={{ borderWidth: `${Math.min(7, 1 + 2 * value)}px` }}
              onMouseEnter={tell}
              onFocus={tell}
              onClick={() => choose(index)}
            >
              <Picture {...{ task, index, size, label }} />
              <span>{task.classes[label ?? task.train.labels[index]]}</span>
            </button>
          </li>
        );
      })}
    </ul>
  );
}
