import * as tf from '@tensorflow/tfjs';
import { expect } from 'vitest';
import { memoryOf, type WasmBackend } from '../../../src/learner/wasm/backend.ts';
import { useWasm } from '../../support/wasm.ts';

/** Tensors as they are described on the host, so that each backend makes its own. */
export interface Host {
  readonly shape: number[];
  readonly values: ArrayLike<number>;
  readonly dtype: tf.DataType;
}

/** Deterministic values in [−1, 1). */
export function noise(shape: number[], seed = 1): Host {
  let state = (seed * 2654435761) >>> 0;
  const values = Float32Array.from({ length: tf.util.sizeFromShape(shape) }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
  return { shape, values, dtype: 'float32' };
}

/** Deterministic integers in [0, count). */
export function integers(shape: number[], count: number, seed = 1): Host {
  const { values } = noise(shape, seed);
  return { shape, values: Int32Array.from(values, (v) => Math.floor(((v + 1) / 2) * count)), dtype: 'int32' };
}

type Tensors = tf.Tensor | tf.Tensor[];

async function on(backend: 'cpu' | 'wasm', inputs: Host[], f: (...inputs: tf.Tensor[]) => Tensors): Promise<Host[]> {
  if (backend === 'wasm') {
    await useWasm();
    dirtyNewMemory();
  } else {
    await tf.setBackend('cpu');
  }
  return tf.tidy(() => {
    const tensors = inputs.map(({ values, shape, dtype }) => tf.tensor(Array.from(values), shape, dtype));
    return [f(...tensors)].flat().map((y) => ({ shape: y.shape, values: y.dataSync(), dtype: y.dtype }));
  });
}

/**
 * Fills every block the backend allocates with NaN. A fresh heap is all zeros, so that a kernel that adds to memory it
 * has not set would pass.
 */
function dirtyNewMemory(): void {
  const backend = tf.backend() as unknown as WasmBackend;
  const { wasm } = backend;
  const allocate = wasm._malloc;
  if (dirty.has(allocate)) return;
  wasm._malloc = (bytes) => {
    const address = allocate(bytes) >>> 0;
    new Uint8Array(memoryOf(backend).buffer).fill(0xff, address, address + bytes);
    return address;
  };
  dirty.add(wasm._malloc);
}
const dirty = new WeakSet<WasmBackend['wasm']['_malloc']>();

/**
 * Expects `f` to give the same on `wasm` as on `cpu`: the same shapes and types, and values that differ by no more than
 * `tolerance` of the largest one.
 */
export async function expectSame(
  inputs: Host[],
  f: (...inputs: tf.Tensor[]) => Tensors,
  tolerance = 1e-5,
): Promise<void> {
  const expected = await on('cpu', inputs, f);
  const got = await on('wasm', inputs, f);
  expect(got.map(({ shape, dtype }) => ({ shape, dtype }))).toEqual(
    expected.map(({ shape, dtype }) => ({ shape, dtype })),
  );
  for (const [index, { values }] of expected.entries()) {
    const scale = Array.from(values).reduce((max, v) => (Number.isFinite(v) ? Math.max(max, Math.abs(v)) : max), 1e-3);
    const differs = (v: number, i: number) =>
      !Object.is(got[index].values[i], v) && !(Math.abs(got[index].values[i] - v) <= tolerance * scale);
    const at = Array.from(values).findIndex(differs);
    if (at >= 0) expect.fail(`output ${index}, element ${at}: wasm ${got[index].values[at]}, cpu ${values[at]}`);
  }
}

/** Expects the gradients of `Σ f(inputs) · noise` with respect to all inputs to be the same on both backends. */
export function expectSameGradients(
  inputs: Host[],
  f: (...inputs: tf.Tensor[]) => tf.Tensor,
  tolerance?: number,
): Promise<void> {
  return expectSame(
    inputs,
    (...tensors) => {
      const weighted = (...xs: tf.Tensor[]) => {
        const y = f(...xs);
        const { values, shape } = noise(y.shape, 99);
        return y.mul(tf.tensor(Array.from(values), shape)).sum();
      };
      return tf.grads(weighted as (...xs: tf.Tensor[]) => tf.Tensor)(tensors);
    },
    tolerance,
  );
}

/** Expects the gradient on `wasm` of `Σ f(x) · noise`, where f is linear, to be what differences say. */
export async function expectLinearGradient(x: Host, f: (x: tf.Tensor) => tf.Tensor): Promise<void> {
  const total = (x: tf.Tensor) => {
    const y = f(x);
    return y.mul(tf.tensor(Array.from(noise(y.shape, 99).values), y.shape)).sum();
  };
  const [{ values: gradient }] = await on('wasm', [x], (x) => tf.grad(total)(x));
  const size = x.values.length;
  const [{ values: differences }] = await on('wasm', [], () =>
    tf.tensor1d(
      Array.from({ length: size }, (_, i) => {
        const unit = new Array(size).fill(0);
        unit[i] = 1;
        return tf.tidy(() => total(tf.tensor(unit, x.shape)).dataSync()[0]);
      }),
    ),
  );
  for (let i = 0; i < size; i++) {
    if (!(Math.abs(gradient[i] - differences[i]) <= 1e-4)) {
      expect.fail(`element ${i}: gradient ${gradient[i]}, difference ${differences[i]}`);
    }
  }
}
