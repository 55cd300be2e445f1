import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadData, loadSamples } from '../../src/data/get.ts';
import type { HashedText } from '../../src/data/hashed-text.ts';
import { readSpamAssassin, subjectAndBody } from '../../src/data/spam-assassin.ts';
import { temporaryFolder } from './temporary.ts';

test('of a message, subject and body are read', () => {
  const message = 'From x Thu\r\nSubject: Buy\r\n\tnow\r\nTo: secret\r\n\r\nA long=\r\n word\r\n\r\nbye';
  expect(subjectAndBody(message)).toBe('Buy\n\tnow\nA long word\n\nbye');
  expect(subjectAndBody('From x\nTo: y')).toBe('\n');
});

test('a folder that is missing, incomplete or holds an empty message is named', async () => {
  const root = temporaryFolder();
  await expect(readSpamAssassin(root)).rejects.toThrow(/easy-ham-1 cannot be read.*2500 messages/);
  const folder = join(root, 'easy-ham-1');
  mkdirSync(folder);
  for (let i = 1; i < 2500; i++) writeFileSync(join(folder, `${String(i).padStart(5, '0')}.txt`), 'Subject: hi\n\nhi');
  await expect(readSpamAssassin(root)).rejects.toThrow(/easy-ham-1 is not complete: got 2499 messages, expected 2500/);
  writeFileSync(join(folder, '02500.txt'), '');
  await expect(readSpamAssassin(root)).rejects.toThrow(/02500.txt is no message: got 0 characters/);
  await expect(readSpamAssassin(root, { columns: 0 })).rejects.toThrow(/got 0 columns/);
});

const here = existsSync(join(process.env.UNEQUAL_DATA ?? '/nowhere', 'spam-assassin'));

test.runIf(here)('the corpus has its messages in both parts, and words tell spam', { timeout: 60_000 }, async () => {
  const { train, test } = (await loadSamples('spam-assassin', { columns: 512 })) as {
    train: HashedText;
    test: HashedText;
  };
  const spam = ({ labels }: HashedText) => labels.reduce((sum, label) => sum + label, 0);
  expect([train.length, spam(train), test.length, spam(test)]).toEqual([4837, 1517, 1209, 379]);
  expect(test.idf).toBe(train.idf);
  // The nearer of the two class means, an oracle without training, is mostly right; always ham is 0.69.
  const means = [0, 1].map(() => new Float64Array(512));
  const { data } = train.batch(Int32Array.from({ length: train.length }, (_, i) => i)).xs;
  const counts = [train.length - spam(train), spam(train)];
  for (let i = 0; i < train.length; i++) {
    for (let j = 0; j < 512; j++) means[train.labels[i]][j] += data[512 * i + j] / counts[train.labels[i]];
  }
  const held = test.batch(Int32Array.from({ length: test.length }, (_, i) => i)).xs.data;
  let right = 0;
  for (let i = 0; i < test.length; i++) {
    const [ham, junk] = means.map((mean) => mean.reduce((sum, m, j) => sum + (held[512 * i + j] - m) ** 2, 0));
    if ((junk < ham ? 1 : 0) === test.labels[i]) right++;
  }
  expect(right / test.length).toBeGreaterThan(0.85);
  await expect(loadData('spam-assassin')).rejects.toThrow(/holds no images/);
});
