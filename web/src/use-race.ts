import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { type Edits, fitting } from './edits.ts';
import { isEnough, nameOf, type OwnImages, ownTask } from './own-images.ts';
import { Race, type Side, waiting } from './race.ts';
import type { Settings } from './settings.ts';
import { loadTask, type Task } from './tasks.ts';
import { useHidden } from './use-hidden.ts';

/** Milliseconds after each step. */
const paces = { fast: 0, slow: 400, paused: Number.POSITIVE_INFINITY } as const;
export type Pace = keyof typeof paces;

export interface Racing {
  readonly sides: readonly [method: Side, uniform: Side];
  /** Whether there are samples to race on. */
  readonly begun: boolean;
  readonly ended: boolean;
  /** Why there is no race. */
  readonly failure?: string;
  readonly task?: Task;
  readonly pace: Pace;
  readonly setPace: (pace: Pace) => void;
  readonly step: () => void;
  /** Samples whose label is another now, or that are out. */
  readonly edits: Edits;
  readonly edit: (indices: readonly number[], label: number | null) => void;
}

/** One race at a time: another begins whenever the settings, as an object, or the pictures are others. */
export function useRace(settings: Settings, album: OwnImages | undefined): Racing {
  const [pace, setPace] = useState<Pace>('fast');
  const [task, setTask] = useState<Task>();
  const [trouble, setTrouble] = useState<string>();
  const [made, setMade] = useState<{ readonly in: Race; readonly edits: Edits }>();
  const [, setDrawn] = useState(0);
  const race = useRef<Race>(undefined);
  // Browsers give hidden pages less time, each worker as they like, and may stop them in the middle of a step.
  const hidden = useHidden();
  // A class that is called something else is no other race.
  const images = useSame<unknown>(album?.flatMap(({ images }) => [images.length, ...images]));

  // Names of classes do not count.
  useEffect(() => {
    setTask(undefined);
    setTrouble(undefined);
    race.current = undefined;
    if (album && !isEnough(album)) return;
    const own = album && ownTask(album, settings.seed);
    let frame = 0;
    const changed = () => {
      // One that is put off at every message would never come.
      frame ||= requestAnimationFrame(() => {
        frame = 0;
        setDrawn((count) => count + 1);
      });
    };
    const next = new Race(settings, changed, own);
    race.current = next;
    setPace((now) => (now === 'slow' ? 'slow' : 'fast'));
    let current = true;
    loadTask(settings.task, settings, own).then(
      (loaded) => {
        if (!current) return;
        setTask(loaded);
        setMade({ in: next, edits: fitting(settings.edits, loaded) });
      },
      (error) => current && setTrouble(error instanceof Error ? error.message : String(error)),
    );
    return () => {
      current = false;
      cancelAnimationFrame(frame);
      next.stop();
    };
  }, [settings, images]);
  // A new race is told, too.
  useEffect(() => {
    race.current?.send({ type: 'pace', wait: hidden ? paces.paused : paces[pace] });
  }, [pace, hidden, settings, images]);

  const [method, uniform] = race.current?.sides ?? waiting;
  const named = useMemo(
    () => task && (album ? { ...task, classes: task.classes.map((_, label) => nameOf(album, label)) } : task),
    [task, album],
  );
  return {
    sides: [method, uniform],
    begun: race.current !== undefined,
    ended: race.current?.ended ?? false,
    failure: method.message ?? uniform.message ?? trouble,
    task: named,
    pace,
    setPace,
    step: () => {
      setPace('paused');
      race.current?.send({ type: 'pace', wait: paces.paused });
      race.current?.send({ type: 'step' });
    },
    edits: made && made.in === race.current ? made.edits : settings.edits,
    edit: (indices, label) => {
      if (!task) return;
      const more = indices.map((index) => [index, label] as const);
      setMade((now) => now && { ...now, edits: fitting(new Map([...now.edits, ...more]), task) });
      for (const index of indices) race.current?.send({ type: 'edit', index, label });
    },
  };
}

/** The list given, or the one before it where that has the same in it. */
function useSame<T>(list: readonly T[] | undefined): readonly T[] | undefined {
  const kept = useRef(list);
  const before = kept.current;
  if (before?.length !== list?.length || list?.some((one, k) => one !== before?.[k])) kept.current = list;
  return kept.current;
}
