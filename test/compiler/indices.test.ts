/** Indices below 0 and beyond the end: refused as TensorFlow.js refuses them, left out where it leaves them out. */
import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect, test } from 'vitest';
import { made } from './made.ts';

beforeAll(() => tf.setBackend('cpu'));

const table = tf.tensor2d([1, 2, 3, 4, 5, 6], [3, 2]);
const int = (values: number[], shape: number[] = [values.length]) => ({ values, shape });

type Op = (indices: tf.Tensor) => tf.Tensor;
const gradient = (f: (x: tf.Tensor) => tf.Tensor): tf.Tensor => tf.grad((x) => tf.sum(tf.square(f(x))))(table);
const looks: Record<string, [Op, { values: number[]; shape: number[] }[]]> = {
  gather: [(i) => tf.gather(table, i as tf.Tensor1D), [int([0, -1]), int([0, 3])]],
  'gather of columns': [(i) => tf.gather(table, i as tf.Tensor1D, 1), [int([0, -1]), int([0, 2])]],
  'the gradient of gather': [(i) => gradient((x) => tf.gather(x, i as tf.Tensor1D)), [int([0, -1]), int([0, 3])]],
  gatherND: [(i) => tf.gatherND(table, i), [int([0, -1], [1, 2]), int([-1, 0], [1, 2])]],
  scatterND: [(i) => tf.scatterND(i, tf.tensor1d([1, 2]), [3]), [int([0, -1], [2, 1]), int([0, 3], [2, 1])]],
};
const compiled = async (op: Op, { values, shape }: { values: number[]; shape: number[] }) => {
  const f = made(({ i }) => ({ y: op(i) }), { i: { shape, dtype: 'int32' } });
  const { y } = await f.run({ i: Int32Array.from(values) });
  return Array.from(y.data as Float32Array);
};

test.each(
  Object.entries(looks).flatMap(([name, [op, all]]) => all.map((one) => [name, one.values.join(), op, one] as const)),
)('%s of %s is refused', async (_, __, op, one) => {
  expect(() => op(tf.tensor(one.values, one.shape, 'int32')).dataSync()).toThrow();
  await expect(compiled(op, one)).rejects.toThrow();
});

test.each([[[0, 2, 1]], [[0, -1, 2]], [[-3, 1, 7]], [[5, -2, 9]]])(
  'unsortedSegmentSum of %s leaves out what is out of range',
  async (ids) => {
    const op: Op = (i) => tf.unsortedSegmentSum(table, i as tf.Tensor1D, 3);
    expect(await compiled(op, int(ids))).toEqual(Array.from(op(tf.tensor1d(ids, 'int32')).dataSync()));
  },
);

test('indices within range are looked up as they are', async () => {
  const op: Op = (i) => gradient((x) => tf.gather(x, i as tf.Tensor1D));
  expect(await compiled(op, int([2, 0, 2]))).toEqual(Array.from(op(tf.tensor1d([2, 0, 2], 'int32')).dataSync()));
});
