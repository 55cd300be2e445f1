import type { SavedRun } from './saved-run.ts';

/** A name that TensorFlow.js makes for a layer: it counts those that the process has made. */
const counted = /^(.+_[A-Z][A-Za-z0-9]*?)\d+(?=_)/;

const withoutCount = (name: string): string => name.replace(counted, '$1');

/**
 * A saved run with the names that its metrics have now. Of several outputs these have the names of layers, and those of layers without one
 * differ from one making of a model to the next. Where they differ in more, the run is as it was.
 */
export function withNamesOfNow(saved: SavedRun, names: readonly string[]): SavedRun {
  const found = saved.identity.metrics;
  const before = Array.isArray(found) ? found.map(String) : [];
  const areTheSame =
    before.length === names.length && names.every((name, k) => withoutCount(name) === withoutCount(before[k]));
  if (!areTheSame || names.every((name, k) => name === before[k])) return saved;
  const renamed = new Map(
    before.flatMap((name, k) => [
      [name, names[k]],
      [`val_${name}`, `val_${names[k]}`],
    ]),
  );
  const rename = <T>(value: T): T => {
    if (typeof value === 'string') return (renamed.get(value) ?? value) as T;
    if (Array.isArray(value)) return value.map(rename) as T;
    if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [renamed.get(key) ?? key, rename(one)])) as T;
  };
  const { identity, logger, told, final, course } = saved;
  return {
    ...saved,
    identity: { ...identity, metrics: [...names] },
    ...rename({ logger, told, final, course }),
  };
}
