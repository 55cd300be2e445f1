import * as tf from '@tensorflow/tfjs';
import { fault } from '../../errors.ts';
import { greatest } from '../../extent.ts';
import { decodeImage } from '../decode-image.ts';
import { isMissing, nameOf, numberOf } from './cell.ts';
import { sizeOf } from './codings/list.ts';
import { Counted } from './counted.ts';
import { filesOf } from './files.ts';
import { openTables } from './open-table.ts';
import { picturesUnder } from './picture-tree.ts';
import { withPictures } from './pictures.ts';
import { encodeRow, expandRow, type Preparation, placesOf, type TablePreparation } from './preparation.ts';
import { Broken } from './table.ts';
import { placedAs } from './unnamed.ts';

/** What a model says of one row or picture. */
export interface Prediction {
  /** The row's place, or the path of the picture. */
  readonly place: string;
  /** The class, or the number of each target in its own unit. */
  readonly predicted: readonly (string | number)[];
  /** Of every class, where they are classes. */
  readonly probabilities?: readonly number[];
  /** What stands in the target columns, where they are there. */
  readonly actual?: readonly (string | number)[];
}

/** Inputs of one row, and what is known of it. */
interface Prepared extends Pick<Prediction, 'place' | 'actual'> {
  readonly inputs: Float32Array;
}

export interface PredictionsOptions {
  readonly delimiter?: string;
  readonly header?: boolean;
  readonly skipBroken?: boolean;
}

const AT_ONCE = 256;

/**
 * Prepares data as it was for the training, and asks the model, some hundred rows at a time.
 * @param run gives the outputs `[n, outputs]` for inputs `[n, ...inputShape]`.
 * @returns `notes` says, once the rows are read, what was missing, unseen or skipped.
 */
export function predictions(
  path: string,
  preparation: Preparation,
  run: (xs: tf.Tensor) => tf.Tensor,
  options: PredictionsOptions = {},
): { rows: AsyncIterable<Prediction>; notes(): string[] } {
  const broken = new Broken(options.skipBroken);
  const counted = new Counted();
  const rows =
    preparation.format === 'table'
      ? tableRows(path, preparation, broken, counted, options)
      : pictureRows(path, preparation, broken);
  return {
    rows: asked(rows, preparation, run),
    notes: () => [...counted.notes(), ...[...broken.skipped].map(([place, why]) => `left out: ${place}: ${why}`)],
  };
}

async function* asked(
  rows: AsyncIterable<Prepared>,
  { inputShape, target }: Preparation,
  run: (xs: tf.Tensor) => tf.Tensor,
): AsyncGenerator<Prediction> {
  const size = sizeOf(inputShape);
  const most = Math.max(1, Math.min(AT_ONCE, Math.floor(2 ** 26 / size)));
  let group: Prepared[] = [];
  const answer = async (): Promise<Prediction[]> => {
    const xs = new Float32Array(group.length * size);
    for (const [k, { inputs }] of group.entries()) xs.set(inputs, k * size);
    const outputs = tf.tidy(() => run(tf.tensor(xs, [group.length, ...inputShape], 'float32')));
    const values = await outputs.data();
    outputs.dispose();
    const width = values.length / group.length;
    const expected = target.classNames?.length ?? target.columns.length;
    if (width !== expected) throw fault({ wrong: 'the model has other outputs', got: width, expected: `${expected}` });
    return group.map(({ place, actual }, k) => {
      const own = Array.from(values.subarray(k * width, (k + 1) * width));
      if (target.classNames === undefined) {
        const { mean = [], std = [] } = target;
        return { place, actual, predicted: own.map((value, t) => value * std[t] + mean[t]) };
      }
      const best = own.indexOf(greatest(own));
      return { place, actual, predicted: [target.classNames[best]], probabilities: own };
    });
  };
  for await (const row of rows) {
    group.push(row);
    if (group.length < most) continue;
    yield* await answer();
    group = [];
  }
  if (group.length > 0) yield* await answer();
}

async function* tableRows(
  path: string,
  preparation: TablePreparation,
  broken: Broken,
  counted: Counted,
  options: PredictionsOptions,
): AsyncGenerator<Prepared> {
  const { columns, target, inputShape, picture } = preparation;
  const opened = await openTables(path, await filesOf(path), { ...options, preparation });
  for (const part of opened.test ? [opened.train, opened.test] : [opened.train]) {
    const table = withPictures(placedAs(part, preparation), picture);
    const names = columns.map(({ name }) => name);
    const at = placesOf(names, table.columns, table.name);
    const known = target.columns.map((name) => table.columns.indexOf(name));
    for await (const row of table.rows(broken)) {
      const inputs = new Float32Array(sizeOf(inputShape));
      try {
        expandRow(
          preparation,
          encodeRow(preparation, at, row, (column) => counted.of(column)),
          inputs,
          0,
        );
      } catch (error) {
        broken.report(row.place, (error as Error).message);
        continue;
      }
      const cells = known.map((k) => (k < 0 ? undefined : row.cells[k]));
      const actual = cells.some(isMissing)
        ? undefined
        : cells.map((cell) => (target.classNames ? nameOf(cell) : (numberOf(cell) ?? Number.NaN)));
      yield { place: row.place, inputs, actual };
    }
  }
}

/** One picture, or those of a folder and all folders in it; of those in the folder of a class it is what is known of them. */
async function* pictureRows(
  path: string,
  { inputShape, target }: Preparation,
  broken: Broken,
): AsyncGenerator<Prepared> {
  const [height, width, channels] = inputShape;
  for await (const { file, actual } of picturesOf(path, target.classNames ?? [], broken)) {
    try {
      const pixels = await decodeImage(file, { height, width, channels: channels as 1 | 3 });
      yield { place: file, inputs: Float32Array.from(pixels, (x) => x / 255), actual };
    } catch (error) {
      if (!broken.skip) throw error;
      broken.report(file, (error as Error).message);
    }
  }
}

async function* picturesOf(
  path: string,
  classNames: readonly string[],
  broken: Broken,
): AsyncGenerator<{ file: string; actual?: readonly string[] }> {
  const found = await filesOf(path);
  if (found.kind === 'files') for (const file of found.files) yield { file };
  else {
    for await (const { file, inside } of picturesUnder(path, broken)) {
      const name = inside.at(-1);
      yield { file, actual: name !== undefined && classNames.includes(name) ? [name] : undefined };
    }
  }
}
