import { beforeAll, expect, test } from 'vitest';
import { augmented } from '../../src/data/augment.ts';
import { ByteImages } from '../../src/data/images.ts';

const SIDE = 20;
/** Every pixel is another number, so that a shift can be read off. */
const pixels = Uint8Array.from({ length: 3 * SIDE * SIDE }, (_, i) => {
  const [image, p] = [Math.floor(i / (SIDE * SIDE)), i % (SIDE * SIDE)];
  return (10 * Math.floor(p / SIDE) + (p % SIDE) + 7 * image) & 255;
});
const images = new ByteImages({
  name: 'ramps',
  pixels,
  labels: Uint8Array.of(0, 1, 0),
  height: SIDE,
  width: SIDE,
  channels: 1,
  classNames: ['a', 'b'],
});

/** The slow exact way: the pixel that a shift by (dy, dx) and a mirror image puts at (y, x). */
function shifted(image: number, dy: number, dx: number, mirror: boolean): string {
  const at = (y: number, x: number) => {
    const clamp = (v: number) => Math.min(Math.max(v, 0), SIDE - 1);
    const source = clamp((mirror ? SIDE - 1 - x : x) - dx);
    return pixels[image * SIDE * SIDE + clamp(y - dy) * SIDE + source];
  };
  return Array.from({ length: SIDE * SIDE }, (_, p) => at(Math.floor(p / SIDE), p % SIDE)).join();
}

const moves = new Map<string, [number, number, boolean]>();
beforeAll(() => {
  for (let dy = -2; dy <= 2; dy++) {
    for (let dx = -2; dx <= 2; dx++) for (const m of [false, true]) moves.set(shifted(1, dy, dx, m), [dy, dx, m]);
  }
});

test('every augmented sample is a whole shift of its image, mirrored or not, and all of them come', async () => {
  const set = augmented(images, { copies: 1000, seed: 4 });
  expect(set.length).toBe(3000);
  expect([...set.labels.subarray(0, 6)]).toEqual([0, 1, 0, 0, 1, 0]);
  let mirrored = 0;
  const seen = new Map<string, number>();
  for (let copy = 0; copy < 1000; copy++) {
    const { data } = await set.image(3 * copy + 1);
    const move = moves.get(data.join());
    expect(move).toBeDefined();
    const [dy, dx, mirror] = move!;
    mirrored += Number(mirror);
    seen.set(`${dy},${dx}`, (seen.get(`${dy},${dx}`) ?? 0) + 1);
  }
  expect(seen.size).toBe(25);
  // 500 ± 3.3 standard deviations of 15.8.
  expect(Math.abs(mirrored - 500)).toBeLessThan(53);
});

test('a batch holds the same pixels as the single images', async () => {
  const set = augmented(images, { copies: 50, seed: 4 });
  const indices = [149, 0, 77, 77];
  const { xs, ys } = await set.batch(indices);
  expect(xs.shape).toEqual([4, SIDE, SIDE, 1]);
  for (const [k, index] of indices.entries()) {
    const { data } = await set.image(index);
    const size = SIDE * SIDE;
    expect(xs.data.slice(k * size, (k + 1) * size)).toEqual(Float32Array.from(data, (x) => x / 255));
    expect(ys.data[2 * k + images.labels[index % 3]]).toBe(1);
  }
});

test('the draw follows from the seed and the index alone', async () => {
  const draw = async (seed: number, indices: number[]) =>
    (await augmented(images, { copies: 50, seed }).batch(indices)).xs.data;
  const all = [...Array(150).keys()];
  expect(await draw(4, all)).toEqual(await draw(4, all));
  expect(await draw(4, all)).not.toEqual(await draw(5, all));
  expect(await draw(4, [100])).toEqual((await draw(4, all)).slice(100 * SIDE * SIDE, 101 * SIDE * SIDE));
});

test('nothing moves when nothing is asked for', async () => {
  const set = augmented(images, { copies: 2, shift: 0, flip: false });
  expect(await set.batch([4])).toEqual(images.batch([1]));
});

test('a block is erased in the mean colour, anywhere', async () => {
  const set = augmented(images, { copies: 300, shift: 0, flip: false, erase: 0.5, seed: 4 });
  const original = (await images.batch([1])).xs.data;
  const mean = original.reduce((sum, x) => sum + x, 0) / original.length;
  const whole = Math.round(SIDE / 2) + 1;
  const hit = new Set<number>();
  let most = 0;
  for (let copy = 0; copy < 300; copy++) {
    const { data } = (await set.batch([3 * copy + 1])).xs;
    const erased = Array.from(data.keys()).filter((i) => data[i] !== original[i]);
    for (const i of erased) expect(data[i]).toBeCloseTo(mean, 5);
    const [rows, columns] = [erased.map((i) => Math.floor(i / SIDE)), erased.map((i) => i % SIDE)];
    for (const places of [rows, columns]) {
      if (erased.length > 0) expect(Math.max(...places) - Math.min(...places)).toBeLessThan(whole);
    }
    for (const i of erased) hit.add(i);
    most = Math.max(most, erased.length);
  }
  expect(hit.size).toBeGreaterThan(0.8 * original.length);
  expect(most).toBeGreaterThan(SIDE * SIDE * 0.15);
});

test('bad settings are refused', () => {
  expect(() => augmented(images, { copies: 0 })).toThrow(/0 copies/);
  expect(() => augmented(images, { copies: 1, shift: 1 })).toThrow(/share of 1/);
});
