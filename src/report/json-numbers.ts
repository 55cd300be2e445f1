/** JSON has no numbers that are not finite and would write null: here they are strings, `"NaN"`, `"Infinity"`, `"-Infinity"`. */
const words = ['NaN', 'Infinity', '-Infinity'];

/** For `JSON.stringify`: numbers that are not finite as words. */
export function numbersAsWords(_: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;
}

/** The number that JSON holds, or undefined where it holds none. What other programs write as null was NaN. */
export function numberOf(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  if (value === null) return Number.NaN;
  return words.includes(value as string) ? Number(value) : undefined;
}
