/** Outputs in memory that is used again: nobody who keeps numbers of a variable may see them change. */
import * as tf from '@tensorflow/tfjs';
import * as ort from 'onnxruntime-node';
import { beforeAll, expect, test } from 'vitest';
import { takesMemory, worthGiving } from '../../src/compiler/given-memory.ts';
import type { OrtSession, OrtTensor } from '../../src/compiler/onnx-runtime.ts';
import type { Runtime } from '../../src/compiler/runtime.ts';
import { made } from './made.ts';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const size = worthGiving;
const real = ort as unknown as Runtime;

/** A runtime whose runs pass through `run`. */
const watched = (run: (session: OrtSession, ...args: Parameters<OrtSession['run']>) => ReturnType<OrtSession['run']>) =>
  ({
    ...real,
    InferenceSession: {
      async create(model: Uint8Array, options?: object) {
        const session = await real.InferenceSession.create(model, options);
        return {
          run: (...args: Parameters<OrtSession['run']>) => run(session, ...args),
          release: () => session.release(),
        };
      },
    },
  }) as Runtime;

/** A variable, and a function that counts it up. */
function counter(runtime?: Runtime) {
  const count = tf.variable(tf.zeros([size]));
  const up = made(
    ({ by }) => {
      count.assign(count.add(by));
      return { first: count.slice(0, 1) };
    },
    { by: { shape: [] } },
    { runtime },
  );
  return { count, up: async () => (await up.run({ by: Float32Array.of(1) })).first.data[0], compiled: up };
}

test('values in turns are written into two pieces of memory', async () => {
  const written: unknown[] = [];
  const runtime = watched((session, feeds, fetches) => {
    written.push(Object.entries(fetches ?? {}).find(([name]) => name.startsWith('assigned'))?.[1]?.data);
    return session.run(feeds, fetches);
  });
  const { up, count } = counter(runtime);
  for (let i = 1; i <= 6; i++) expect(await up()).toBe(i);
  const memory = written.filter((data) => (data as Float32Array | undefined)?.length === size);
  expect(memory).toHaveLength(6);
  expect(new Set(memory.slice(1)).size).toBe(2);
  expect(count.dataSync()[size - 1]).toBe(6);
});

test('numbers that somebody has are never written again', async () => {
  const { count, up } = counter();
  const kept: [number, ArrayLike<number>][] = [];
  const tensors: [number, tf.Tensor][] = [];
  for (let i = 1; i <= 12; i++) {
    await up();
    if (i % 5 === 1) kept.push([i, count.dataSync()]);
    if (i % 5 === 2) kept.push([i, await count.data()]);
    if (i % 5 === 3) tensors.push([i, count.clone()]);
    if (i % 5 === 4) tensors.push([i, count.reshape([2, size / 2])], [i, count.add(0)]);
  }
  for (const [i, numbers] of kept) expect([numbers[0], numbers[size - 1]]).toEqual([i, i]);
  for (const [i, tensor] of tensors) expect(tensor.min().dataSync()[0], `${i}`).toBe(i);
  for (const [i, tensor] of tensors) expect(tensor.max().dataSync()[0], `${i}`).toBe(i);
});

test('a value that was rejected, or lost in an error, is not the variable’s', async () => {
  let fails = false;
  const runtime = watched(async (session, feeds, fetches) => {
    const results = await session.run(feeds, fetches).catch((error) => {
      // All is written by then.
      if (fails) throw new Error('broken');
      throw error;
    });
    return results;
  });
  const { count, up, compiled } = counter(runtime);
  await up();
  await up();
  for (let i = 0; i < 3; i++) {
    const { first } = await compiled.run({ by: Float32Array.of(5) }, { accept: () => false });
    expect(first.data[0]).toBe(7);
  }
  fails = true;
  await expect(up()).rejects.toThrow('broken');
  fails = false;
  expect(count.max().dataSync()[0]).toBe(2);
  expect(await up()).toBe(3);
  expect([count.min().dataSync()[0], count.max().dataSync()[0]]).toEqual([3, 3]);
});

test('two functions and an assignment from outside share a variable', async () => {
  const { count, up } = counter();
  const double = made(() => {
    count.assign(count.mul(2));
    return { first: count.slice(0, 1) };
  }, {});
  await up();
  await double.run({});
  await up();
  expect(count.max().dataSync()[0]).toBe(3);
  count.assign(tf.fill([size], 10));
  expect(await up()).toBe(11);
  await double.run({});
  expect([count.min().dataSync()[0], count.max().dataSync()[0]]).toEqual([22, 22]);
});

test('variables that are disposed of while a call is under way stay so', async () => {
  let ends = false;
  let left: number | undefined;
  const runtime = watched((session, feeds, fetches) => {
    if (ends) {
      tf.disposeVariables();
      left = tf.memory().numTensors;
    }
    return session.run(feeds, fetches);
  });
  const { up } = counter(runtime);
  await up();
  ends = true;
  await up();
  expect(tf.memory().numTensors).toBe(left);
});

test('outputs are the caller’s to keep', async () => {
  const f = made(({ x }) => ({ y: x.mul(2), whole: x.round().toInt(), right: x.greater(1) }), { x: { shape: [size] } });
  const [one, two] = [await f.run({ x: tf.fill([size], 1) }), await f.run({ x: tf.fill([size], 2) })];
  expect([one.y.data[size - 1], two.y.data[size - 1]]).toEqual([2, 4]);
  expect([one.whole.data, one.right.data].map((data) => data.constructor)).toEqual([Int32Array, Uint8Array]);
  expect([one, two].map(({ whole, right }) => [whole.data[7], right.data[7]])).toEqual([
    [1, 0],
    [2, 1],
  ]);
});

test.each<[string, Runtime]>([
  ['makes its outputs itself', watched((session, feeds) => session.run(feeds))],
  [
    'hands out sequences',
    watched(async (session, feeds, fetches) => {
      const results: Record<string, OrtTensor> = {};
      await session.run(feeds, fetches).catch(() => undefined);
      for (const [name, tensor] of Object.entries(fetches ?? {})) {
        if (tensor)
          results[name] = new real.Tensor(tensor.type as 'float32', (tensor.data as Float32Array).slice(), tensor.dims);
      }
      return Object.keys(results).length > 0 ? results : session.run(feeds);
    }),
  ],
])('a build that %s is left to do so', async (_, runtime) => {
  expect(await takesMemory(runtime, {})).toBe(false);
  const { up } = counter(runtime);
  for (let i = 1; i <= 3; i++) expect(await up()).toBe(i);
});

test('other providers are not given memory', async () => {
  expect(await takesMemory(real, {})).toBe(true);
  expect(await takesMemory(real, { executionProviders: ['webgpu', 'cpu'] })).toBe(false);
});
