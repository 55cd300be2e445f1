// Runs in a worker thread of `pooled`. Plain JavaScript, so that the same file is loaded from the sources and from `dist`.
import { Tinypool } from 'tinypool';

const { module, name, argument } = Tinypool.workerData;
const made = make();
// Told by the first task that waits for it.
made.catch(() => {});
/** One batch after another: the first that was asked for is the first that is needed. */
let turn = Promise.resolve();

async function make() {
  const found = (await import(module))[name];
  if (found === undefined) throw new Error(`it has no export ${name === 'default' ? 'default' : `named ${name}`}`);
  const samples = typeof found === 'function' ? await found(argument) : found;
  if (typeof samples?.batch !== 'function' || !Number.isSafeInteger(samples.length)) {
    throw new Error(`its export ${name} makes no Samples: { length, batch(indices) }`);
  }
  return samples;
}

/** @param {{ task: 'describe' } | { task: 'batch', indices: Int32Array } | { task: 'image', index: number }} asked */
export default function work(asked) {
  const result = turn.then(() => answer(asked));
  turn = result.then(
    () => {},
    () => {},
  );
  return result;
}

async function answer(asked) {
  const samples = await made;
  if (asked.task === 'describe') return describe(samples);
  if (asked.task === 'image') return samples.image(asked.index);
  try {
    return moved(await batchOf(samples, asked.indices));
  } catch (error) {
    return { failed: { message: messageOf(error), sample: await culprit(samples, asked.indices) } };
  }
}

/** What can be told of samples beside their batches. */
function describe(samples) {
  const { length, name, inputShape, classes, classNames, labels, origin } = samples;
  const places = origin && { all: origin.length, each: Int32Array.from({ length }, (_, i) => origin.at(i)) };
  const told = { length, name, inputShape, classes, classNames, labels, places };
  const known = Object.entries(told).filter(([, value]) => value !== undefined);
  return { ...Object.fromEntries(known), hasImages: typeof samples.image === 'function' };
}

async function batchOf(samples, indices) {
  const { xs, ys, sampleWeight } = await samples.batch(indices);
  const buffers = new Set();
  const weight = sampleWeight === undefined ? undefined : Float32Array.from(sampleWeight);
  const value = { xs: await rows(xs, buffers), ys: await rows(ys, buffers), sampleWeight: weight };
  return { value, buffers: [...buffers] };
}

/** Arrays of their own memory, which is noted: that is handed over, not copied. */
async function rows(given, buffers) {
  if (given === undefined || given === null) throw new Error('a batch without xs or ys');
  if (Array.isArray(given)) return Promise.all(given.map((one) => rows(one, buffers)));
  const array = typeof given.dataSync === 'function' ? await hostOf(given) : given;
  if (ArrayBuffer.isView(array.data)) {
    const { data } = array;
    // A part of a larger array would take all of it along.
    const whole = data.buffer instanceof ArrayBuffer && data.byteLength === data.buffer.byteLength;
    const own = whole && !buffers.has(data.buffer) ? data : data.slice();
    buffers.add(own.buffer);
    return { data: own, shape: [...array.shape], dtype: array.dtype };
  }
  const named = Object.entries(array).map(async ([key, one]) => [key, await rows(one, buffers)]);
  return Object.fromEntries(await Promise.all(named));
}

async function hostOf(tensor) {
  const array = { data: await tensor.data(), shape: tensor.shape, dtype: tensor.dtype };
  tensor.dispose();
  return array;
}

function moved({ value, buffers }) {
  return Tinypool.move({
    get [Tinypool.transferableSymbol]() {
      return buffers;
    },
    get [Tinypool.valueSymbol]() {
      return value;
    },
  });
}

/** The first sample that fails alone. */
async function culprit(samples, indices) {
  for (const index of indices) {
    try {
      await batchOf(samples, Int32Array.of(index));
    } catch {
      return index;
    }
  }
  return undefined;
}

function messageOf(error) {
  return error instanceof Error ? error.message : String(error);
}
