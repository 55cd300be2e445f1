import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { arraySamples } from '../../../src/data/arrays.ts';
import { augmented } from '../../../src/data/augment.ts';
import { concat } from '../../../src/data/concat.ts';
import { ByteImages, oneHot } from '../../../src/data/images.ts';
import { placeOf } from '../../../src/data/labelled.ts';
import { withLabels } from '../../../src/data/own/labels-file.ts';
import { ownData } from '../../../src/data/own/own-data.ts';
import { csvSamples } from '../../../src/data/own/samples-of.ts';
import { pixelSequences } from '../../../src/data/pixel-sequence.ts';
import { relabelled } from '../../../src/data/relabelled.ts';
import { repeat, split, subset } from '../../../src/data/subset.ts';
import { whitened } from '../../../src/data/zca.ts';

let scratch: string;
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'unequal-labels-'));
});
afterAll(() => rm(scratch, { recursive: true, force: true }));

const images = (n: number) =>
  new ByteImages({
    ...{ name: 'x', pixels: Uint8Array.from({ length: n }, (_, i) => i), height: 1, width: 1, channels: 1 },
    labels: Uint8Array.from({ length: n }, (_, i) => i % 3),
    classNames: ['a', 'b', 'c'],
  });

it('a row keeps its index whatever the split, and its new label goes to the part that it is in', async () => {
  const file = join(scratch, 'rows.csv');
  // Row 5 has no target: it is counted all the same.
  const rows = Array.from({ length: 40 }, (_, i) => `${i},${i === 5 ? '' : 'abc'[i % 3]}`);
  await writeFile(file, `x,kind\n${rows.join('\n')}\n`);
  const labels = join(scratch, 'labels.csv');
  await writeFile(labels, '\uFEFFlabel,was,index\r\nc,a,12\r\na,b,31\r\n');
  let inTest = 0;
  for (const seed of [1, 2, 3, 4, 5, 6]) {
    const data = await ownData(file, { seed, as: { x: 'number' }, target: 'kind' });
    const changed = await withLabels(labels, data);
    for (const [part, before] of [
      [changed.train, data.train],
      [changed.test, data.test],
    ] as const) {
      for (let i = 0; i < part.length; i++) {
        const place = placeOf(part, i);
        const was = 'abc'[before.labels?.[i] as number];
        expect(was).toBe('abc'[place % 3]);
        const now = 'abc'[part.labels?.[i] as number];
        expect(now).toBe(place === 12 ? 'c' : place === 31 ? 'a' : was);
        const { ys } = await part.batch([i]);
        expect(ys).toEqual(oneHot([0, 1, 2], ['abc'.indexOf(now)], 3));
        if (part === changed.test && place === 12) inTest++;
      }
    }
    expect(changed.note).toMatch(/2 in .*, 2 of them other/);
  }
  expect(inTest).toBeGreaterThan(0);
  expect(inTest).toBeLessThan(6);
});

it('parts of parts know where they come from, and a file of labels has no effect on test samples of other data', async () => {
  const all = images(60);
  const part = subset(subset(all, [10, 20, 30, 40]), [3, 1]);
  expect([placeOf(part, 0), placeOf(part, 1), part.origin?.length]).toEqual([40, 20, 60]);
  expect(await part.image(0)).toMatchObject({ data: Uint8Array.of(40) });
  const labels = join(scratch, 'few.csv');
  await writeFile(labels, 'index,label\n20,a\n');
  const { train, test } = await withLabels(labels, { train: part, test: images(30) });
  expect([...(train.labels as Uint8Array)]).toEqual([1, 0]);
  expect([...(test.labels as Uint8Array)]).toEqual(Array.from({ length: 30 }, (_, i) => i % 3));
  const [one, two] = split(all, 0.5, 1);
  const both = await withLabels(labels, { train: one, test: two });
  const now = [both.train, both.test].flatMap((some) =>
    Array.from({ length: some.length }, (_, i) => [placeOf(some, i), some.labels?.[i]] as const),
  );
  expect(now.filter(([place, label]) => label !== place % 3)).toEqual([[20, 0]]);
});

it('a sample that is there several times, augmented or in several parts, has its new label in each', async () => {
  const pictures = new ByteImages({
    ...{ name: 'x', pixels: Uint8Array.from({ length: 240 }, (_, i) => i), height: 2, width: 2, channels: 1 },
    labels: Uint8Array.from({ length: 60 }, (_, i) => i % 3),
    classNames: ['a', 'b', 'c'],
  });
  const [one, two] = split(pictures, 0.5, 1);
  const place = placeOf(one, 7);
  const labels = join(scratch, 'again.csv');
  // Nothing else but its place tells which sample it is.
  await writeFile(labels, `index,label\n${place},${'bca'[place % 3]}\n`);
  const identity = { mean: new Float32Array(4), matrix: new Float32Array(16) };
  const made = {
    repeated: repeat(one, 3),
    subset: subset(one, [7, 7, 0, 7]),
    augmented: augmented(one, { copies: 2 }),
    concatenated: concat(two, one, pictures),
    sequences: pixelSequences(one),
    whitened: whitened(one, identity),
    relabelled: relabelled(one, new Map([[0, one.labels[0]]])),
  };
  for (const [name, samples] of Object.entries(made)) {
    const { train, note } = await withLabels(labels, { train: samples, test: images(30) });
    const times = { repeated: 3, subset: 3, augmented: 2, concatenated: 2 }[name] ?? 1;
    const changed = [...samples.labels].flatMap((label, i) => (train.labels?.[i] === label ? [] : [i]));
    expect([name, changed.map((i) => placeOf(samples, i))]).toEqual([name, Array(times).fill(place)]);
    const { ys } = await train.batch(changed);
    expect(ys).toEqual(oneHot(Array(times).fill((place + 1) % 3), [...Array(times).keys()], 3));
    expect(note).toMatch(/1 in .*, 1 of them other/);
  }
});

it('sets of other data count after one another, each data once', async () => {
  const [first, second] = [images(6), images(9)];
  const all = concat(subset(first, [5, 1]), subset(second, [8, 0]), first);
  expect(Array.from({ length: all.length }, (_, i) => placeOf(all, i))).toEqual([5, 1, 14, 6, 0, 1, 2, 3, 4, 5]);
  expect(all.origin?.length).toBe(15);
});

it('copies of a row of a table have labels of their own', async () => {
  const file = join(scratch, 'copies.csv');
  await writeFile(file, `x,kind\n${Array.from({ length: 20 }, (_, i) => `${i},${'ab'[i % 2]}`).join('\n')}\n`);
  const { train } = await csvSamples(file, { target: 'kind' });
  const copies = train.part([0, 0, 1]);
  const [a, b, c] = copies.labels as Uint16Array;
  const changed = copies.relabelled(new Map([[0, 1 - a]]));
  expect([...(changed.labels as Uint16Array)]).toEqual([1 - a, b, c]);
  expect(changed.part([2, 0, 1]).batch([0, 1, 2]).ys).toEqual(oneHot([c, 1 - a, b], [0, 1, 2], 2));
});

it('changes labels alone, and refuses indices and classes that there are not', async () => {
  const all = images(6);
  const other = relabelled(all, new Map([[1, 2]]));
  expect([...other.labels]).toEqual([0, 2, 2, 0, 1, 2]);
  expect([...all.labels]).toEqual([0, 1, 2, 0, 1, 2]);
  expect((await other.batch([1])).xs).toEqual(all.batch([1]).xs);
  expect(() => relabelled(all, new Map([[6, 0]]))).toThrow(/no such sample: got 6, expected 0 to 5/);
  expect(() => relabelled(all, new Map([[0, 3]]))).toThrow(/no such class: got 3, expected 0 to 2/);
  const numbers = arraySamples(
    { data: new Float32Array(2), shape: [2, 1], dtype: 'float32' },
    { data: new Float32Array(2), shape: [2, 1], dtype: 'float32' },
  );
  expect(() => relabelled(numbers as never, new Map())).toThrow(/nothing to relabel: got samples without labels/);
  const shaped = { ...numbers, name: 'numbers', inputShape: [1] };
  await expect(withLabels('x.csv', { train: shaped, test: shaped })).rejects.toThrow(/whose targets are numbers/);
});
