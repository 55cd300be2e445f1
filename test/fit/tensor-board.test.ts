/** Read back by a reader of its own, by the documented format of event files. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadSharp } from '../../src/data/sharp.ts';
import { fit, importance, tensorBoard } from '../../src/index.ts';

/** CRC-32C bit by bit: slow, and another way than the library's table. */
function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  }
  return ~crc >>> 0;
}
const masked = (bytes: Uint8Array) => (((crc32c(bytes) >>> 15) | (crc32c(bytes) << 17)) + 0xa282ead8) >>> 0;

/** The fields of a protobuf message: numbers of the wire, and bytes. */
function fieldsOf(bytes: Uint8Array): [field: number, value: number | Uint8Array][] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const fields: [number, number | Uint8Array][] = [];
  let at = 0;
  const varint = () => {
    let [value, scale] = [0, 1];
    for (;;) {
      const byte = bytes[at++];
      value += (byte & 127) * scale;
      scale *= 128;
      if (byte < 128) return value;
    }
  };
  while (at < bytes.length) {
    const key = varint();
    const [field, wire] = [key >> 3, key & 7];
    if (wire === 0) fields.push([field, varint()]);
    else if (wire === 1) [fields[fields.length], at] = [[field, view.getFloat64(at, true)], at + 8];
    else if (wire === 5) [fields[fields.length], at] = [[field, view.getFloat32(at, true)], at + 4];
    else {
      const length = varint();
      fields.push([field, bytes.subarray(at, at + length)]);
      at += length;
    }
  }
  return fields;
}
const get = (message: Uint8Array, ...path: number[]): number | Uint8Array | undefined => {
  const found = fieldsOf(message).find(([field]) => field === path[0])?.[1];
  return path.length === 1 || found === undefined ? found : get(found as Uint8Array, ...path.slice(1));
};
const text = (value: unknown) => new TextDecoder().decode(value as Uint8Array);

function eventsOf(bytes: Uint8Array): Uint8Array[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const events: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; ) {
    const size = Number(view.getBigUint64(at, true));
    expect(view.getUint32(at + 8, true)).toBe(masked(bytes.subarray(at, at + 8)));
    const data = bytes.subarray(at + 12, at + 12 + size);
    expect(view.getUint32(at + 12 + size, true)).toBe(masked(data));
    events.push(data);
    at += 16 + size;
  }
  return events;
}

const x = tf.randomUniform([64, 4], -1, 1, 'float32', 3);
const y = tf.tidy(() => tf.oneHot(x.sum(1).greater(0).toInt(), 2).toFloat());
function model(): tf.LayersModel {
  const made = tf.sequential({
    layers: [
      tf.layers.dense({
        inputShape: [4],
        units: 2,
        activation: 'softmax',
        kernelInitializer: tf.initializers.glorotUniform({ seed: 2 }),
      }),
    ],
  });
  made.compile({ optimizer: tf.train.sgd(0.1), loss: 'categoricalCrossentropy', metrics: ['accuracy'] });
  return made;
}
const args = { epochs: 3, batchSize: 16, verbose: 0, seed: 1, engine: 'eager', validationData: [x, y] } as const;

describe('tensorBoard', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'unequal-'));
  });
  afterAll(() => rm(folder, { recursive: true }));
  const read = async (dir: string) => {
    const names = (await readdir(dir)).sort();
    return { names, events: (await Promise.all(names.map((name) => readFile(join(dir, name))))).map(eventsOf) };
  };

  it('writes scalars, a histogram of scores and pictures', async () => {
    const dir = join(folder, 'one');
    const image = (index: number) => ({
      data: Uint8Array.of(index, 255, 0, 128, 7, 9),
      width: 2,
      height: 1,
      channels: 3 as const,
    });
    const history = await fit(model(), x, y, {
      ...{ ...args, method: importance({ presample: 2, start: 'always' }) },
      callbacks: [tensorBoard({ dir, every: 4, image, images: 2 })],
    });
    const { names, events } = await read(dir);
    expect(names).toEqual([expect.stringMatching(/^events\.out\.tfevents\.\d{10}\..+\.v2$/)]);
    const [first, ...rest] = events[0];
    expect(text(get(first, 3))).toBe('brain.Event:2');
    const values = rest.map((event) => ({
      step: get(event, 2) ?? 0,
      value: get(event, 5, 1) as Uint8Array,
      tag: text(get(event, 5, 1, 1)),
    }));
    const scalars = (tag: string) =>
      values.filter((one) => one.tag === tag).map(({ step, value }) => [step, get(value, 2)]);
    for (const name of ['loss', 'acc', 'val_loss', 'val_acc']) {
      expect(scalars(name)).toEqual((history.history[name] as number[]).map((value, k) => [k + 1, Math.fround(value)]));
    }
    expect(scalars('step/loss').map(([step]) => step)).toEqual([4, 8, 12]);
    expect(scalars('step/importance').map(([, value]) => value)).toEqual([1, 1, 1]);
    const scores = values.filter(({ tag }) => tag === 'scores').map(({ value }) => get(value, 5) as Uint8Array);
    expect(scores).toHaveLength(3);
    const doubles = (bytes: Uint8Array) => Array.from(new Float64Array(Uint8Array.from(bytes).buffer));
    for (const histo of scores) {
      const [limits, counts] = [doubles(get(histo, 6) as Uint8Array), doubles(get(histo, 7) as Uint8Array)];
      expect(counts.reduce((sum, n) => sum + n, 0)).toBe(get(histo, 3));
      expect(get(histo, 3)).toBe(32);
      expect(limits.every((limit, k) => k === 0 || limit > limits[k - 1])).toBe(true);
      expect(limits.at(-1)).toBe(get(histo, 2));
    }
    const pictures = values.filter(({ tag }) => tag.startsWith('most picked/'));
    expect(pictures.map(({ tag }) => tag).slice(0, 2)).toEqual(['most picked/1', 'most picked/2']);
    const [most] = history.samples.mostDrawn(1);
    const encoded = get(pictures.at(-2)!.value, 4, 4) as Uint8Array;
    const sharp = await loadSharp();
    const { data, info } = await sharp(Buffer.from(encoded)).raw().toBuffer({ resolveWithObject: true });
    expect([info.width, info.height, ...data]).toEqual([2, 1, most.index, 255, 0, 128, 7, 9]);
    expect(crc32(encoded.subarray(12, 29))).toBe(new DataView(Uint8Array.from(encoded).buffer).getUint32(29));
  });

  it('goes on in a file of its own, which says from where', async () => {
    const dir = join(folder, 'two');
    const checkpoint = { path: join(folder, 'checkpoint') };
    await fit(model(), x, y, { ...args, epochs: 2, checkpoint, callbacks: [tensorBoard({ dir })] });
    await fit(model(), x, y, { ...args, resume: checkpoint.path, callbacks: [tensorBoard({ dir })] });
    const { events } = await read(dir);
    expect(events).toHaveLength(2);
    expect([get(events[1][1], 2), get(events[1][1], 7, 1)]).toEqual([2, 1]);
    const steps = events.map((file) =>
      file
        .filter((event) => get(event, 5, 1, 1) && text(get(event, 5, 1, 1)) === 'val_loss')
        .map((event) => get(event, 2)),
    );
    expect(steps).toEqual([[1, 2], [3]]);
  });

  it('refuses what cannot be', async () => {
    for (const bad of [{ dir: '' }, { dir: 'a', every: -1 }, { dir: 'a', images: 0 }, { dir: 'a', image: 3 }, null]) {
      expect(() => tensorBoard(bad as never)).toThrow(/of tensorBoard/);
    }
    await expect(fit(model(), x, y, { ...args, callbacks: [tensorBoard({ dir: '/dev/null/x' })] })).rejects.toThrow(
      /cannot be written/,
    );
  });
});
