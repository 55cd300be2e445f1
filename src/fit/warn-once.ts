import { printable } from '../printable.ts';

/** What warnings have been printed about, by model. */
const warned = new WeakMap<object, Set<string>>();

/** Prints a warning, the first one about a topic for each model. */
export function warnOnce(
  model: object,
  topic: 'engine' | 'method' | 'mixing' | 'targets' | 'trainable' | 'classWeight' | 'parts',
  message: string,
): void {
  const topics = warned.get(model) ?? new Set();
  if (topics.has(topic)) return;
  warned.set(model, topics.add(topic));
  console.warn(`unequal: ${printable(message)}`);
}
