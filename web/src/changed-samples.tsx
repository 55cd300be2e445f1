import { type Edits, labelOf, most } from './edits.ts';
import { Picture } from './picture.tsx';
import type { Settings } from './settings.ts';
import type { Task } from './tasks.ts';

/** Samples that are shown, the last ones changed. */
const shown = 24;

export interface ChangedSamplesProps {
  readonly task: Task;
  readonly edits: Edits;
  readonly choose: (index: number) => void;
  /** Begins another race. */
  readonly undo: () => void;
}

/** The samples that were relabelled or removed; each can be changed again. */
export function ChangedSamples({ task, edits, choose, undo }: ChangedSamplesProps) {
  if (edits.size === 0) return null;
  return (
    <section aria-label="Changed samples">
      <p class="soft">
        Changed so far{edits.size > shown && `, the last ${shown}`}: click one to change it again.{' '}
        {inAddress(task.name, edits)}
      </p>
      <ul class="changed">
        {[...edits.keys()].slice(-shown).map((index) => {
          const label = labelOf(index, edits, task);
          const now = label === null ? 'removed' : `labelled ${task.classes[label]}`;
          return (
            <li key={index}>
              <button
                type="button"
                aria-label={`Sample ${index}, ${now}. Change it again`}
                onClick={() => choose(index)}
              >
                <Picture {...{ task, index, label }} size={28} />
                <span aria-hidden="true">{label === null ? 'out' : task.classes[label]}</span>
              </button>
            </li>
          );
        })}
      </ul>
      <button type="button" onClick={undo}>
        Undo all and race again
      </button>
    </section>
  );
}

/** What an address holds of the changes. */
export function inAddress(task: Settings['task'], edits: Edits): string {
  if (edits.size === 0) return '';
  if (task === 'own') return 'The link does not hold your changes, as it does not hold your pictures.';
  return edits.size <= most ? '' : `The link holds only the first ${most} of your ${edits.size} changes.`;
}
