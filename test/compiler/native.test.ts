import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { compile, native } from '../../src/compiler/index.ts';
import { UnequalError } from '../../src/errors.ts';
import { expectClose, noise } from './agree.ts';
import { made } from './made.ts';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const vector = { x: { shape: [null], dtype: 'float64' } } as const;

describe('native', () => {
  it('adds nodes to the function', async () => {
    const step = made(
      ({ x }) => {
        const { sorted } = native({ x: x.mul(2) }, (b, { x }) => {
          const ports = [{ dtype: 'float32', shape: x.shape } as const, { dtype: 'int64', shape: x.shape } as const];
          const [sorted] = b.nodes('TopK', [x, b.list(x.shape)], ports, { axis: 0, largest: 0 });
          return { sorted };
        });
        return { y: sorted.add(1) };
      },
      { x: { shape: [4] } },
    );
    const { y } = await step.run({ x: Float32Array.of(3, -1, 2, 0) });
    expect([...y.data]).toEqual([-1, 1, 5, 7]);
  });

  it('sees a tensor in its own order of dimensions and with all its elements', async () => {
    const pooled = (x: tf.Tensor): tf.Tensor => tf.maxPool(x as tf.Tensor4D, 2, 2, 'valid');
    const same = (t: tf.Tensor): tf.Tensor => native({ t }, (b, { t }) => ({ t: b.unary('Neg', t) })).t;
    const step = made(({ x }) => ({ images: same(pooled(x)), ones: same(tf.onesLike(x)) }), {
      x: { shape: [2, 4, 4, 3] },
    });
    const x = noise([2, 4, 4, 3], 1);
    const { images, ones } = await step.run({ x });
    expect(images.shape).toEqual([2, 2, 2, 3]);
    expectClose(images.data, pooled(x).neg().dataSync(), 'images', 0);
    expect(ones.shape).toEqual([2, 4, 4, 3]);
    expect(new Set(ones.data)).toEqual(new Set([-1]));
  });

  it('keeps float64 from input to output and from one use to the next', async () => {
    const step = made(({ x }) => {
      const { third } = native({ x }, (b, { x }) => ({ third: b.binary('Div', x, b.scalar(3, 'float64')) }));
      const { again } = native({ third }, (b, { third }) => ({ again: b.binary('Mul', third, third) }));
      return { x, third, again, rounded: third.mul(1), number: native({}, (b) => ({ c: b.scalar(0.1, 'float64') })).c };
    }, vector);
    const { x, third, again, rounded, number } = await step.run({ x: Float64Array.of(0.1, 1e-300, 1e300) });
    expect(x.data).toEqual(Float64Array.of(0.1, 1e-300, 1e300));
    expect(third.data).toEqual(Float64Array.of(0.1 / 3, 1e-300 / 3, 1e300 / 3));
    expect(again.data).toEqual(Float64Array.of((0.1 / 3) ** 2, 0, Infinity));
    expect(rounded.data).toEqual(Float32Array.of(0.1 / 3, 0, Infinity));
    expect(number.data).toEqual(Float64Array.of(0.1));
  });

  it('gives float32 where it was asked for, of what was float64 too', async () => {
    const step = made(({ x }) => {
      const { y, exact } = native({ x }, (b, { x }) => ({ y: b.cast(x, 'float32'), exact: x }));
      const { twice } = native({ y }, (b, { y }) => ({ twice: b.binary('Add', y, b.scalar(1, 'float32')) }));
      return { y, exact, twice };
    }, vector);
    const { y, exact, twice } = await step.run({ x: Float64Array.of(0.1) });
    expect(y.data).toEqual(Float32Array.of(0.1));
    expect(exact.data).toEqual(Float64Array.of(0.1));
    expect(twice.data).toEqual(Float32Array.of(Math.fround(0.1) + 1));
  });

  it('gives int32 and bool', async () => {
    const step = made(
      ({ x }) =>
        native({ x }, (b, { x }) => ({
          whole: b.cast(x, 'int32'),
          positive: b.binary('Greater', x, b.scalar(0, 'float64'), 'bool'),
        })),
      vector,
    );
    const { whole, positive } = await step.run({ x: Float64Array.of(-1.5, 2.5) });
    expect(whole.data).toEqual(Int32Array.of(-1, 2));
    expect([...positive.data]).toEqual([0, 1]);
  });

  it('takes no gradient', async () => {
    const w = tf.variable(tf.tensor1d([2, 3]));
    const step = made(
      ({ x }) => {
        const { grads } = tf.variableGrads(() => {
          const y = w.mul(x);
          return y.mul(native({ y }, (_, { y }) => ({ y })).y).sum() as tf.Scalar;
        }, [w]);
        return { g: grads[w.name] };
      },
      { x: { shape: [2] } },
    );
    // y · stop(y)
    const { g } = await step.run({ x: Float32Array.of(1, 10) });
    expect([...g.data]).toEqual([2, 300]);
    w.dispose();
  });
});

describe('bad input', () => {
  it('is no compiled function', () => {
    expect(() => native({ x: tf.scalar(1) }, (_, { x }) => ({ x }))).toThrow(UnequalError);
    expect(() => native({ x: tf.scalar(1) }, (_, { x }) => ({ x }))).toThrow(/outside a compiled function/);
  });

  it('is int64, which no tensor is', async () => {
    const step = compile(({ x }) => native({ x }, (b, { x }) => ({ index: b.cast(x, 'int64') })), vector);
    await expect(step.run({ x: Float64Array.of(1) })).rejects.toThrow(/index.*int64.*int32/s);
    await step.dispose();
  });

  it('is float32 for an input of float64', async () => {
    const step = made(({ x }) => ({ x }), vector);
    await expect(step.run({ x: Float32Array.of(1) })).rejects.toThrow(/Float32Array.*Float64Array/s);
    await expect(step.run({ x: tf.tensor1d([1]) })).rejects.toThrow(/float32.*float64/s);
  });
});
