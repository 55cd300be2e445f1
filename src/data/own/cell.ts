import { fault } from '../../errors.ts';

/** Numbers of one cell that has several: a picture, a window of a series, an embedding. */
export interface NumberList {
  readonly data: ArrayLike<number>;
  readonly shape: readonly number[];
  /** Whether they are bytes, as of a picture. */
  readonly bytes?: boolean;
}

/** What stands in one cell of a table, whatever file it came from. */
export type Cell = string | number | bigint | boolean | null | undefined | Date | Uint8Array | NumberList;

/** Spellings of nothing in a file of text: those of pandas, and the `?` of the UCI repository. */
const MISSING = new Set(
  '|#N/A|#N/A N/A|#NA|-1.#IND|-1.#QNAN|-NaN|-nan|1.#IND|1.#QNAN|<NA>|N/A|NA|NULL|NaN|None|n/a|nan|null|?'.split('|'),
);
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;
const INFINITE = /^[+-]?(inf|infinity)$/i;
const DATE = /^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?( ?UTC|Z|[+-]\d\d(:?\d\d)?)?)?$/;
const DAY = 86_400_000;

/** Whether a cell has no value. */
export function isMissing(cell: Cell): cell is null | undefined {
  if (cell === null || cell === undefined) return true;
  if (typeof cell === 'number') return Number.isNaN(cell);
  if (cell instanceof Date) return Number.isNaN(cell.getTime());
  return typeof cell === 'string' && cell.trim() === '';
}

/** A cell of a file that has nothing but text; others have a null of their own. */
export const ofText = (text: string): Cell => (MISSING.has(text.trim()) ? null : text);

/** The number that stands in a cell; `undefined` where there is none. Infinity is one. */
export function numberOf(cell: Cell): number | undefined {
  if (typeof cell === 'number') return Number.isNaN(cell) ? undefined : cell;
  if (typeof cell === 'boolean') return cell ? 1 : 0;
  if (typeof cell === 'bigint') return Number(cell);
  if (typeof cell !== 'string') return undefined;
  const text = cell.trim();
  if (NUMBER.test(text)) return Number(text);
  return INFINITE.test(text) ? (text.startsWith('-') ? -Infinity : Infinity) : undefined;
}

/** Days from 1970 of a date as ISO 8601 or a database writes it; `undefined` where there is none. Without a zone it is UTC. */
export function daysOf(cell: Cell): number | undefined {
  if (cell instanceof Date) return cell.getTime() / DAY;
  if (typeof cell !== 'string' || !DATE.test(cell.trim())) return undefined;
  const text = cell
    .trim()
    .replace(' ', 'T')
    .replace(/ ?UTC$/, 'Z')
    .replace(/(T.*[+-]\d\d)$/, '$1:00');
  const days = Date.parse(/T.*(Z|[+-]\d\d:?\d\d)$/.test(text) || !text.includes('T') ? text : `${text}Z`) / DAY;
  // The thirtieth of February would be the first of March.
  const day = Number(text.slice(8, 10));
  const isDay = day <= new Date(Date.UTC(Number(text.slice(0, 4)), Number(text.slice(5, 7)), 0)).getUTCDate();
  return Number.isNaN(days) || !isDay ? undefined : days;
}

/** A whole number, also as pandas writes it in a column of which a cell was empty: `1.0`, `-0.0`. */
const WHOLE = /^(-?)(\d+)(?:\.0*)?$/;
/** As programs write any number, such as NumPy's savetxt: `1.5e+00`. What has neither point nor sign, `1e0`, may be a code. */
const SCIENTIFIC = /^-?((\d+\.\d*|\.\d+)e[+-]?|\d+e[+-])\d+$/i;

/** As R, pandas and JSON each write a truth value. */
const TRUTH = /^(true|false)$/i;

/**
 * What the value of a cell is called as a class or a category, however a file spells it: `1.0` and `1.0e+00` are `1`, `True` is
 * `true`, and an é of two letters is one of one. `01` is a name of its own, and `1.10` (a version) another than `1.1`.
 */
export function nameOf(cell: Cell): string {
  const text = textOf(cell).normalize();
  if (TRUTH.test(text)) return text.toLowerCase();
  return NUMBER.test(text) ? numeral(text.replace(/^\+/, '')) : text;
}

/** One spelling of a number. */
function numeral(text: string): string {
  const [, minus, digits] = WHOLE.exec(text) ?? [];
  if (digits !== undefined) return minus && /[1-9]/.test(digits) ? `-${digits}` : digits;
  if (!SCIENTIFIC.test(text)) return text;
  const number = Number(text);
  // Two large ones may be one in float64.
  return Number.isSafeInteger(number) || !Number.isInteger(number) ? String(number) : text;
}

/** The text of a cell that is no list. */
export function textOf(cell: Cell): string {
  if (typeof cell === 'string') return cell.trim();
  if (cell instanceof Date) return cell.toISOString();
  return String(cell);
}

/** `3,5`, `10,239.90`, `1 234`, `$12.50`, `73 %`, `(5.00)`, and a minus that is a dash. */
const WRITTEN = /^[(]?[-+−–]?\s*[$€£¥]?\s*\d{1,3}([.,' \u00a0\u202f]?\d{3})*([.,]\d+)?\s*[%€$£¥]?[)]?$/;

/** Whether a text is a number as people write it, and no computer reads it. */
export const isWritten = (text: string): boolean => WRITTEN.test(text);

/** `31.12.2020`, `12/31/20 10:00`, `2020/12/31`. */
const WRITTEN_DATE = /^(\d{1,2}([./-])\d{1,2}\2(\d{4}|\d\d)|\d{4}([./])\d{1,2}\4\d{1,2})([ ,T]+\d{1,2}:\d\d.*)?$/;

/** Whether a text is a date as people write it: which of its numbers is the day, nobody knows. */
export const isWrittenDate = (text: string): boolean => WRITTEN_DATE.test(text);

/** Whether a cell has a list of numbers. */
export function isList(cell: Cell): cell is NumberList {
  return typeof cell === 'object' && cell !== null && 'shape' in cell;
}

/** What JSON, Parquet or a record has in a field, as a cell. @throws UnequalError for an object in an object. */
export function cellOf(value: unknown, column: string): Cell {
  if (value === null || value === undefined || value instanceof Date || value instanceof Uint8Array) {
    return value as Cell;
  }
  if (typeof value !== 'object') return value as Cell;
  const { shape, data } = flatten(value, column);
  return { shape, data };
}

/** The numbers of a list of lists, which must all be of one length at each depth. */
function flatten(value: object, column: string): { shape: number[]; data: number[] } {
  if (ArrayBuffer.isView(value)) {
    const data = Array.from(value as unknown as ArrayLike<number | bigint>, Number);
    return { shape: [data.length], data };
  }
  if (!Array.isArray(value)) {
    const got = Object.keys(value).slice(0, 5).join(', ');
    throw fault({ wrong: `column ${column} has an object in it`, got, expected: 'numbers, text or lists of numbers' });
  }
  if (!value.some((item) => typeof item === 'object' && item !== null)) {
    const wrong = value.find((item) => item !== null && !['number', 'bigint', 'boolean'].includes(typeof item));
    if (wrong !== undefined) {
      throw fault({ wrong: `column ${column} has a list of what are no numbers`, got: wrong });
    }
    return { shape: [value.length], data: value.map((item) => (item === null ? Number.NaN : Number(item))) };
  }
  const parts = value.map((item) => flatten(item ?? [], column));
  const [{ shape }] = parts;
  if (parts.some((part) => part.shape.join() !== shape.join())) {
    throw fault({ wrong: `column ${column} has a list of lists of different lengths`, expected: 'one length' });
  }
  return { shape: [parts.length, ...shape], data: parts.flatMap(({ data }) => data) };
}
