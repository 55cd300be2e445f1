/** Errors of compiled functions name what is wrong. */
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';
import { type Compiled, compile } from '../../src/compiler/index.ts';
import { UnequalError } from '../../src/errors.ts';
import { made, type Tensors } from './made.ts';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

describe('bad input', () => {
  const fails = async (compiled: Compiled, inputs: Tensors, ...parts: RegExp[]): Promise<void> => {
    const error = await compiled.run(inputs).catch((e) => e);
    expect(error).toBeInstanceOf(UnequalError);
    for (const part of parts) expect(error.message).toMatch(part);
  };
  const identity = () => made(({ x }) => ({ y: x.add(1) }), { x: { shape: [null, 2] } }, { name: 'f' });

  test('inputs of another name, shape, type', async () => {
    await fails(identity(), {}, /f: input x is missing/);
    await fails(identity(), { x: tf.zeros([2, 2]), z: tf.zeros([1]) }, /there is no input z/, /one of x/);
    await fails(identity(), { x: tf.zeros([2, 3]) }, /input x has another shape/, /\[2,3\]/, /\[batch,2\]/);
    await fails(identity(), { x: tf.zeros([2, 2], 'int32') }, /another data type/, /int32/);
    const gone = tf.zeros([2, 2]);
    gone.dispose();
    await fails(identity(), { x: gone }, /disposed/);
    const two = made(({ x, y }) => ({ z: x.add(y) }), { x: { shape: [null, 1] }, y: { shape: [null, 1] } });
    await fails(two, { x: tf.zeros([2, 1]), y: tf.zeros([3, 1]) }, /dimension batch/, /x: 2, y: 3/);
  });

  test('data types that cannot be trained', async () => {
    expect(() => compile(({ x }) => ({ x }), { x: { shape: [1], dtype: 'complex64' as 'float32' } })).toThrow(
      /complex64/,
    );
    expect(() => compile(({ x }) => ({ x }), { x: { shape: [1], dtype: 'int8' as 'float32' } })).toThrow(/int8/);
    const complex = made(({ x }) => ({ y: tf.abs(tf.complex(x, x)) }), { x: { shape: [2] } });
    await fails(complex, { x: tf.zeros([2]) }, /Complex/);
  });

  test('no signature, options of another name, outputs without names', async () => {
    const x = { x: { shape: [2] } };
    const double = ({ x }: Tensors) => ({ y: x.mul(2) });
    expect(() => compile(double, undefined as never)).toThrow(
      /there is no signature: got nothing, expected inputs by name/,
    );
    expect(() => compile(double, { x: [2] } as never)).toThrow(/input x has no shape in the signature: got \[2\]/);
    expect(() => compile(undefined as never, x)).toThrow(/nothing to compile: got nothing/);
    const optimizer = tf.train.sgd(0.1);
    expect(() => compile(double, x, { optimizer: [optimizer] } as never)).toThrow(
      /unknown option of compile: got 'optimizer'.*did you mean 'optimizers'/,
    );
    expect(() => compile(double, x, { optimizers: optimizer } as never)).toThrow(/bad optimizers of compile: .*a list/);
    const bare = (({ x }: Tensors) => x.mul(2)) as never;
    await fails(made(bare, x), { x: tf.zeros([2]) }, /returns no tensors by name: got a tensor, expected such as \{ y/);
  });

  test('a kernel that is not lowered, with its layer', async () => {
    class Spectral extends tf.layers.Layer {
      override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
        return tf.image.flipLeftRight((Array.isArray(inputs) ? inputs[0] : inputs) as tf.Tensor4D);
      }
      static get className(): string {
        return 'Spectral';
      }
    }
    const layer = new Spectral({ name: 'mirror_7' });
    await fails(
      made(({ x }) => ({ y: layer.apply(x) as tf.Tensor }), { x: { shape: [1, 2, 2, 1] } }),
      { x: tf.zeros([1, 2, 2, 1]) },
      /FlipLeftRight/,
      /mirror_7/,
    );
  });

  test('a function that reads values', async () => {
    await fails(
      made(({ x }) => ({ y: x.mul(x.dataSync()[0]) }), { x: { shape: [2] } }),
      { x: tf.zeros([2]) },
      /reads the values/,
      /\[2\]/,
    );
  });

  test('outputs that change shape between calls', async () => {
    const growing = made(({ x }) => ({ y: x.shape[0] > 2 ? x.sum(1) : x }), { x: { shape: [null, 2] } });
    await growing.run({ x: tf.zeros([2, 2]) });
    await fails(growing, { x: tf.zeros([3, 2]) }, /change shape/, /y \[3\]/, /y \[2,2\]/);
  });

  test('a function that is disposed of makes the calls that were asked for before', async () => {
    const f = identity();
    const calls = [1, 2, 3].map((value) => f.run({ x: tf.fill([1, 2], value) }));
    await f.dispose();
    const found = (await Promise.all(calls)).map(({ y }) => Array.from(y.data as Float32Array));
    expect(found).toEqual([2, 3, 4].map((value) => [value, value]));
  });

  test('a disposed function, a disposed variable', async () => {
    const f = identity();
    await f.dispose();
    await fails(f, { x: tf.zeros([1, 2]) }, /disposed/);
    const variable = tf.variable(tf.zeros([2]), true, 'gone');
    const g = made(({ x }) => ({ y: x.add(variable) }), { x: { shape: [2] } });
    await g.run({ x: tf.zeros([2]) });
    variable.dispose();
    await fails(g, { x: tf.zeros([2]) }, /disposed variable/, /gone/);
  });

  test('a variable whose memory was transferred away', async () => {
    const variable = tf.variable(tf.zeros([2]), true, 'elsewhere');
    const f = made(
      ({ x }) => {
        variable.assign(variable.add(x));
        return {};
      },
      { x: { shape: [2] } },
    );
    await f.run({ x: tf.ones([2]) });
    const { buffer } = variable.dataSync();
    structuredClone(buffer, { transfer: [buffer as ArrayBuffer] });
    await fails(f, { x: tf.ones([2]) }, /memory of the variable elsewhere is gone: transfer a copy/);
  });

  test('an execution provider this build lacks', async () => {
    const f = made(({ x }) => ({ y: x.add(1) }), { x: { shape: [2] } }, { executionProviders: ['no-such-device'] });
    await fails(f, { x: tf.zeros([2]) }, /execution provider/, /no-such-device/, /cpu/);
  });
});
