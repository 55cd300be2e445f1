import { fault } from '../../errors.ts';
import { checkIndices, oneHot, type RawImage } from '../images.ts';
import type { Origin, ShapedSamples } from '../labelled.ts';
import { changedLabels } from '../relabelled.ts';
import type { Batch, NdArray } from '../samples.ts';
import { sizeOf } from './codings/list.ts';
import type { FileRow } from './file-rows.ts';
import { expandRow, type TablePreparation, type Task } from './preparation.ts';
import type { RowStore } from './row-store.ts';

export type { ShapedSamples } from '../labelled.ts';

export interface TableSamplesInit {
  readonly name: string;
  readonly preparation: TablePreparation;
  readonly rows: RowStore;
  /** The place in `rows` of every sample. */
  readonly at: Uint32Array;
  /** The target of every row of the store: its class, or a float32 for each target column. */
  readonly targets: Uint16Array | Float32Array;
  /** The class of every sample, where it may be another than that of its row. */
  readonly labels?: Uint16Array;
  /** The number of every row of the store among the rows of the files, from 0. */
  readonly numbers: Uint32Array;
  /** How many rows the files have. */
  readonly count: number;
  /** Reads the rows with these numbers once more. */
  readonly reread: (numbers: ReadonlySet<number>) => Promise<ReadonlyMap<number, FileRow>>;
}

/**
 * Rows of a table as samples: float32 inputs of `[n, ...inputShape]`; one-hot classes of `[n, classes]`, or scaled
 * numbers of `[n, targets]`.
 *
 * @example
 * ```ts
 * const { train } = await csvSamples('people.csv', { target: 'bought' });
 * console.log(train instanceof TableSamples, train.inputShape);
 * ```
 */
export class TableSamples implements ShapedSamples {
  readonly name: string;
  readonly pure = true;
  readonly length: number;
  readonly task: Task;
  readonly inputShape: readonly number[];
  readonly classNames?: readonly string[];
  readonly classes?: number;
  /** Of classification alone. */
  readonly labels?: Uint16Array;
  readonly preparation: TablePreparation;
  /** Rows are counted as they stand in the files, those without a target too. */
  readonly origin: Origin;
  readonly #init: TableSamplesInit;
  readonly #size: number;

  constructor(init: TableSamplesInit) {
    const { name, preparation, at, targets, numbers, rows, count } = init;
    const { target, inputShape } = preparation;
    if (at.length === 0) throw fault({ wrong: `${name} has no rows`, expected: 'one or more' });
    this.name = name;
    this.length = at.length;
    this.task = target.task;
    this.inputShape = inputShape;
    this.preparation = preparation;
    this.origin = { of: rows, length: count, at: (index) => numbers[at[index]] };
    this.#init = init;
    this.#size = sizeOf(inputShape);
    if (target.classNames !== undefined) {
      this.classNames = target.classNames;
      this.classes = target.classNames.length;
      this.labels = init.labels ?? Uint16Array.from(at, (i) => targets[i]);
    }
  }

  batch(indices: ArrayLike<number>): Batch & { readonly xs: NdArray; readonly ys: NdArray } {
    checkIndices(indices, this.length);
    const { preparation, rows, at } = this.#init;
    const data = new Float32Array(indices.length * this.#size);
    for (let k = 0; k < indices.length; k++) {
      expandRow(preparation, rows.read(at[indices[k]]), data, k * this.#size);
    }
    return { xs: { data, shape: [indices.length, ...this.inputShape], dtype: 'float32' }, ys: this.#targets(indices) };
  }

  /** The samples at `indices`, as samples of their own. */
  part(indices: ArrayLike<number>): TableSamples {
    checkIndices(indices, this.length);
    const { at } = this.#init;
    const own = Uint32Array.from(indices, (i) => at[i]);
    const labels = this.labels && Uint16Array.from(indices, (i) => this.labels![i]);
    return new (this.constructor as typeof TableSamples)({ ...this.#init, at: own, labels });
  }

  /** The same samples with other classes; see {@link relabelled}. @throws UnequalError where the targets are numbers. */
  relabelled(changes: ReadonlyMap<number, number>): TableSamples {
    if (this.labels === undefined) throw fault({ wrong: `${this.name} has no labels`, got: 'numbers to predict' });
    const labels = changedLabels(this.labels, changes, this.classes as number);
    return new (this.constructor as typeof TableSamples)({ ...this.#init, labels });
  }

  /** Rows as they stand in the files, which are read once more. */
  async fileRows(indices: readonly number[]): Promise<(FileRow | undefined)[]> {
    checkIndices(indices, this.length);
    const numbers = indices.map((index) => this.origin.at(index));
    const found = await this.#init.reread(new Set(numbers));
    return numbers.map((number) => found.get(number));
  }

  /** Gives back the temporary file of a large table; neither part can be read after that. */
  close(): void {
    this.#init.rows.close();
  }

  #targets(indices: ArrayLike<number>): NdArray {
    if (this.labels !== undefined) return oneHot(this.labels, indices, this.classes as number);
    const { at, targets, preparation } = this.#init;
    const width = preparation.target.columns.length;
    const data = new Float32Array(indices.length * width);
    for (let k = 0; k < indices.length; k++) {
      for (let t = 0; t < width; t++) data[k * width + t] = targets[at[indices[k]] * width + t];
    }
    return { data, shape: [indices.length, width], dtype: 'float32' };
  }
}

/** {@link TableSamples} whose one input is a picture. */
export class PictureTableSamples extends TableSamples {
  /** The pixels of one sample, for reports. */
  image(index: number): RawImage {
    const [height, width, channels] = this.inputShape;
    const { data } = this.batch([index]).xs;
    return { data: Uint8Array.from(data, (x) => Math.round(255 * x)), height, width, channels };
  }
}
