/** Columns that have no names are known by their places, of which a missing target takes one. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type * as tf from '@tensorflow/tfjs';
import { expect, it } from 'vitest';
import { ownData } from '../../../src/data/index.ts';
import { predictions } from '../../../src/data/own/prepared.ts';
import type { TableData } from '../../../src/data/own/table-data.ts';
import { npy } from '../containers.ts';
import { temporaryFolder } from '../temporary.ts';

const folder = temporaryFolder();
const numbers = Array.from({ length: 40 }, (_, i) => [i % 2, ((37 * i) % 101) / 50, ((53 * i) % 89) / 44, 0]);

/** A line for each row: CSV, or an array of NumPy. */
const write = {
  csv: (rows: readonly number[][]) => Buffer.from(rows.map((row) => `${row}\n`).join('')),
  npy: (rows: readonly number[][]) =>
    npy('<f8', [rows.length, rows[0].length], new Uint8Array(Float64Array.from(rows.flat()).buffer)),
};

it.each(['csv', 'npy'] as const)('%s without the target is read as with it, or refused', async (kind) => {
  const file = (name: string, rows: readonly number[][]) => {
    const path = join(folder, `${name}.${kind}`);
    writeFileSync(path, write[kind](rows));
    return path;
  };
  const path = file('train', numbers);
  const { preparation, train } = (await ownData(path, { target: 'column 1', task: 'classification' })) as TableData;
  expect(train.inputShape).toEqual([2]);
  /** The inputs that a model of two classes is given, and the class that stands in the row. */
  const inputs = async (of: string) => {
    const { rows } = predictions(of, preparation, (xs: tf.Tensor) => xs.clone());
    const all = [];
    for await (const { probabilities, actual } of rows) all.push({ probabilities, actual });
    return all;
  };
  const whole = await inputs(path);
  expect(whole.map(({ actual }) => actual)).toEqual(numbers.map(([y]) => [`${y}`]));
  const without = await inputs(
    file(
      'without',
      numbers.map((row) => row.slice(1)),
    ),
  );
  expect(without).toEqual(whole.map(({ probabilities }) => ({ probabilities, actual: undefined })));
  for (const [name, rows] of Object.entries({
    fewer: numbers.map((row) => row.slice(1, 3)),
    more: numbers.map((row) => [...row, 1]),
  })) {
    await expect(inputs(file(name, rows))).rejects.toThrow(
      /another number of columns than the training data.*got [25], expected 4, or 3 without column 1, the target/,
    );
  }
  // So it is with data to go on training with, and with test data.
  const more = file(
    'more',
    numbers.map((row) => [...row, 1]),
  );
  await expect(ownData(more, { preparation })).rejects.toThrow(/another number of columns than the training data/);
  await expect(ownData(path, { target: 'column 1', test: more })).rejects.toThrow(/another number of columns/);
});
