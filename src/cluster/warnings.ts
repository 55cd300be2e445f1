import { printable } from '../printable.ts';

/** Warnings of a run, one about each topic. */
export class Warnings {
  private readonly warned = new Set<string>();

  warn(topic: string, words: string): void {
    if (this.warned.has(topic)) return;
    if (this.warned.size < 1_000) this.warned.add(topic);
    console.warn(`unequal: ${printable(words)}`);
  }
}
