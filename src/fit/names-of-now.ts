import type { SavedRun } from './saved-run.ts';

/** A name that TensorFlow.js makes for a layer: it counts those that the process has made. */
const counted = /^[a-z0-9_]+_[A-Z][A-Za-z0-9]*?(\d+)$/;

/**
 * A saved run with the names that its metrics have now. Of several outputs these begin with the names of layers, and those of layers
 * without one differ from one making of a model to the next. Where names differ in more, the run is as it was.
 */
export function withNamesOfNow(saved: SavedRun, names: readonly string[], outputs: readonly string[]): SavedRun {
  const found = saved.identity.metrics;
  const before = Array.isArray(found) ? found.map(String) : [];
  const isTheSame = (name: string, k: number): boolean => {
    if (name === before[k]) return true;
    const output = outputs.length > 1 ? outputs.find((one) => name.startsWith(`${one}_`)) : undefined;
    const digits = output && counted.exec(output)?.[1];
    if (output === undefined || digits === undefined) return false;
    const [own, rest] = [output.slice(0, -digits.length), name.slice(output.length)];
    const then = before[k].slice(own.length, before[k].length - rest.length);
    return before[k].startsWith(own) && before[k].endsWith(rest) && /^\d+$/.test(then);
  };
  if (before.length !== names.length || !names.every(isTheSame) || names.every((name, k) => name === before[k]))
    return saved;
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
