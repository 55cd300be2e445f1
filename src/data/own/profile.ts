import { type Cell, daysOf, isList, isMissing, isWritten, isWrittenDate, nameOf, numberOf, textOf } from './cell.ts';
import type { Row } from './table.ts';

/** Different values of a column that are kept; one with more is no class and no category. */
export const MOST_VALUES = 1000;
/** Whole numbers that are no more than this many are classes. */
export const MOST_WHOLE_CLASSES = 20;

/** What was seen in one column over all rows. */
export class ColumnProfile {
  missing = 0;
  numbers = 0;
  wholes = 0;
  /** Truth values that are no text, of the numbers. */
  truths = 0;
  dates = 0;
  texts = 0;
  /** Texts that are numbers as people write them. */
  written = 0;
  /** Texts that are dates as people write them. */
  writtenDates = 0;
  lists = 0;
  bytes = 0;
  /** Bytes of a picture each: a list of bytes of two or three dimensions. */
  byteLists = 0;
  words = 0;
  characters = 0;
  /** Whole numbers that each follow the one before: a running number. */
  running = true;
  shape: readonly number[] | undefined;
  /** How often each value comes; empty once there are more than can be. */
  readonly values = new Map<string, number>();
  many = false;
  /** The first text that is neither number nor date, and where it stands: `'n/k' in a.csv, line 7`. */
  firstText: string | undefined;
  /** The first value that cannot be taken, and where. */
  wrong: string | undefined;
  private last: number | undefined;

  constructor(readonly name: string) {}

  see(cell: Cell, { place }: Pick<Row, 'place'>): void {
    if (isMissing(cell)) this.missing++;
    else if (isList(cell)) this.seeList(cell.shape, cell.bytes === true, place);
    else if (cell instanceof Uint8Array) this.bytes++;
    else this.seeValue(cell, place);
  }

  /** Cells that have a value. */
  get present(): number {
    return this.numbers + this.dates + this.texts + this.lists + this.bytes;
  }

  /** Whether nearly all are numbers, and some of them as people write them. */
  get isOfWrittenNumbers(): boolean {
    return this.written > 0 && this.written + this.numbers > 0.9 * this.present;
  }

  private seeList(shape: readonly number[], bytes: boolean, place: string): void {
    this.lists++;
    if (bytes) this.byteLists++;
    this.shape ??= shape;
    if (shape.join() !== this.shape.join()) {
      this.wrong ??= `[${shape.join(', ')}] in ${place}, [${this.shape.join(', ')}] before it`;
    }
  }

  private seeValue(cell: Cell, place: string): void {
    const number = numberOf(cell);
    const text = textOf(cell);
    if (number !== undefined) {
      this.numbers++;
      if (typeof cell === 'boolean') this.truths++;
      if (Number.isInteger(number)) this.wholes++;
      if (!Number.isFinite(number)) this.wrong ??= `${text} in ${place}`;
      this.running &&= Number.isInteger(number) && (this.last === undefined || number === this.last + 1);
      this.last = number;
    } else if (daysOf(cell) !== undefined) this.dates++;
    else {
      this.texts++;
      if (isWritten(text)) this.written++;
      if (isWrittenDate(text)) this.writtenDates++;
      this.firstText ??= `'${text}' in ${place}`;
    }
    this.characters += text.length;
    this.words += text.split(/\s+/).length;
    if (this.many) return;
    const name = nameOf(cell);
    this.values.set(name, (this.values.get(name) ?? 0) + 1);
    if (this.values.size <= MOST_VALUES) return;
    this.many = true;
    this.values.clear();
  }
}
