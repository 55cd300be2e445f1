import { isMissing, numberOf, ofText } from '../cell.ts';

/** Lines below the first that are looked at. */
export const LOOKED_AT = 1000;
/** Names that a target has by custom and that may be a value too: `y` beside `n`. */
const CUSTOMARY = /^(target|labels?|class(es)?|y|outcome|category)$/i;

/** `0,0` too: what people write as a number is no name. */
const isNumber = (cell: string): boolean => numberOf(cell) !== undefined || /^\s*[+-]?\d+,\d+\s*$/.test(cell);
const isWord = (cell: string): boolean => !isMissing(ofText(cell)) && !isNumber(cell);

/**
 * Whether the first line of a table has the names of its columns, and what there is to be said of that. Words alone are
 * names, unless half of them come again below. A line with numbers has names where none of its words comes again, and one of
 * them stands above numbers, or the numbers are years or run on.
 */
export function headerOf(
  first: readonly string[],
  below: readonly (readonly string[])[],
): { readonly named: boolean; readonly why?: string } {
  const columns = first.map((_, k) => below.flatMap((row) => (isMissing(ofText(row[k] ?? '')) ? [] : [row[k].trim()])));
  const words = first.flatMap((cell, k) => (isWord(cell) ? [k] : []));
  const again = words.filter((k) => !CUSTOMARY.test(first[k].trim()) && columns[k].includes(first[k].trim()));
  if (!first.some(isNumber)) {
    const named = first.some((cell) => !isMissing(cell));
    if (again.length === 0 || 2 * again.length < words.length) {
      // Ids and texts never come again: where there is nothing but words, a row would look like this as well.
      const sure = first.some((cell) => CUSTOMARY.test(cell.trim())) || columns.some((cells) => cells.some(isNumber));
      const why = `${again.length === 0 ? '' : 'most of '}its words do not come again below it`;
      return { named, why: named && !sure ? why : undefined };
    }
    return { named: false, why: `'${first[again[0]].trim()}' and others of its first line come again below it` };
  }
  const numbers = first.filter(isNumber);
  const whole = new Set(numbers).size === numbers.length && numbers.every((cell) => /^\s*\d+\s*$/.test(cell));
  const above = (k: number) => columns[k].length > 1 && columns[k].every((cell) => numberOf(cell) !== undefined);
  const repeats = (k: number) => columns[k].length > 1 && 2 * new Set(columns[k]).size <= columns[k].length;
  const running = numbers.every((cell, k) => k === 0 || Number(cell) === Number(numbers[k - 1]) + 1);
  const years = numbers.length > 1 && numbers.every((cell) => /^\s*(19|20)\d\d\s*$/.test(cell));
  const likely = words.some(above) || ((years || running) && (words.some(repeats) || numbers.length > 2));
  if (whole && words.length > 0 && again.length === 0 && likely) {
    return { named: true, why: 'its words do not come again below it' };
  }
  return { named: false, why: 'there is a number in its first line' };
}
