/** Samples that were changed, by index: their class now, or null where they are out. In the order in which they were changed. */
export type Edits = ReadonlyMap<number, number | null>;

export const none: Edits = new Map();

/** How many changes an address holds: of seven letters each, so that it stays below the 2000 that every program passes on. */
export const most = 250;

/** Reads changes such as `17-3.203-x`: sample 17 has class 3, sample 203 is out. What is none is left out. */
export function editsFrom(text: string): Edits {
  const read = new Map<number, number | null>();
  for (const part of text.split('.', most)) {
    const [, index, label] = /^(\d{1,5})-(\d{1,2}|x)$/.exec(part) ?? [];
    if (index !== undefined) read.set(Number(index), label === 'x' ? null : Number(label));
  }
  return read;
}

/** The changes as an address holds them: the first {@link most}. */
export function editsText(edits: Edits): string {
  return Array.from(edits, ([index, label]) => `${index}-${label ?? 'x'}`)
    .slice(0, most)
    .join('.');
}

/** What changes depend on: the classes that the samples have before. */
export interface Unedited {
  readonly classes: readonly string[];
  readonly train: { readonly labels: Uint8Array };
}

/** The changes without those of samples or to classes that are not there, and without those that change nothing. */
export function fitting(edits: Edits, { classes, train: { labels } }: Unedited): Edits {
  const fits = ([index, label]: readonly [number, number | null]) =>
    index < labels.length && (label === null || (label < classes.length && label !== labels[index]));
  return new Map([...edits].filter(fits));
}

/** The class that a sample has now; null where it is out. */
export function labelOf(index: number, edits: Edits, { train }: Unedited): number | null {
  const label = edits.get(index);
  return label === undefined ? train.labels[index] : label;
}
