import { expect, test } from 'vitest';
import { HashedText, hash, words } from '../../src/data/hashed-text.ts';
import { subset } from '../../src/data/subset.ts';

const texts = ['Free money, FREE!', 'the money of the bank', 'the bank', ''];
const labels = Uint8Array.of(1, 0, 0, 0);
const make = (columns = 97) => new HashedText({ name: 'mails', texts, labels, classNames: ['ham', 'spam'], columns });

test('the hash is FNV-1a', () => {
  expect(hash('')).toBe(0x811c9dc5);
  expect(hash('a')).toBe(0xe40c292c);
  expect(hash('foobar')).toBe(0xbf9cf968);
});

test('words are runs of letters, digits, $ and !; codes and single letters are none', () => {
  expect(words(`Über 100$ a month!!\n<B>${'x'.repeat(21)}</B>`)).toEqual(['über', '100$', 'month!!']);
});

test('inputs are tf-idf by its definition, of length 1', () => {
  const all = make();
  const { xs, ys } = all.batch([0, 1, 2, 3]);
  expect(xs.shape).toEqual([4, 97]);
  expect([...ys.data]).toEqual([0, 1, 1, 0, 1, 0, 1, 0]);
  for (const [i, text] of texts.entries()) {
    const expected = new Float64Array(97);
    const own = words(text);
    for (const word of new Set(own)) {
      const tf = own.filter((other) => other === word).length;
      const df = texts.filter((text) => words(text).includes(word)).length;
      expected[hash(word) % 97] += (1 + Math.log(tf)) * (Math.log(5 / (1 + df)) + 1);
    }
    const length = Math.hypot(...expected) || 1;
    for (let j = 0; j < 97; j++) expect(xs.data[97 * i + j]).toBeCloseTo(expected[j] / length, 6);
  }
});

test('words that share a column are counted together, with the document frequencies of the training texts', () => {
  const train = make(1);
  expect([...train.batch([0, 1, 3]).xs.data]).toEqual([1, 1, 0]);
  expect([...train.idf]).toEqual([Math.log(5 / 4) + 1]);
  const held = new HashedText({
    name: 'x',
    texts: ['bank'],
    labels,
    classNames: ['a', 'b'],
    columns: 97,
    idf: make().idf,
  });
  expect(Math.max(...held.batch([0]).xs.data)).toBe(1);
});

test('a batch does not depend on its company, and subsets keep labels without inventing pictures', () => {
  const all = make();
  expect(all.batch([2]).xs.data).toEqual(all.batch([0, 2]).xs.data.slice(97));
  const part = subset(all, [1, 0, 0]);
  expect([...part.labels]).toEqual([0, 1, 1]);
  expect('image' in part).toBe(false);
  expect(() => all.batch([4])).toThrow(/No such sample/);
});
