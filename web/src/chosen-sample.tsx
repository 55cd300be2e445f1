import { useLayoutEffect, useRef } from 'preact/hooks';
import { type Edits, labelOf } from './edits.ts';
import { Picture } from './picture.tsx';
import type { Task } from './tasks.ts';

export interface ChosenSampleProps {
  readonly task: Task;
  readonly index: number;
  readonly edits: Edits;
  readonly edit: (indices: readonly number[], label: number | null) => void;
  readonly close: () => void;
}

/** Gives a sample another label, or removes it. The keyboard comes here, and goes back to where it was. */
export function ChosenSample({ task, index, edits, edit, close }: ChosenSampleProps) {
  const group = useRef<HTMLFieldSetElement>(null);
  // The focus moves with the sample, and back before the pictures are drawn anew: a passive effect ends too late.
  useLayoutEffect(() => {
    const from = document.activeElement;
    group.current?.querySelector('button')?.focus();
    return () => {
      if (from instanceof HTMLElement && from.isConnected) from.focus({ preventScroll: true });
    };
  }, [index]);
  const set = (label: number | null) => {
    edit([index], label);
    close();
  };
  return (
    <fieldset
      ref={group}
      class="chosen"
      aria-label={`Sample ${index}`}
      onKeyDown={({ key }) => {
        if (key === 'Escape') close();
      }}
    >
      <Picture {...{ task, index }} label={labelOf(index, edits, task)} size={56} /> Sample {index} is
      {task.classes.map((name, label) => (
        <button type="button" key={name} onClick={() => set(label)}>
          {name}
        </button>
      ))}
      <button type="button" onClick={() => set(null)}>
        Remove
      </button>
      <button type="button" onClick={close}>
        Leave it
      </button>
    </fieldset>
  );
}
