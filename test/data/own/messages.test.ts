/** What is said of data that cannot be read as it was meant: where it is wrong, and how to go on. */

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { ownData } from '../../../src/data/own/own-data.ts';
import { firstBad, LineCount } from '../../../src/data/own/readers/bad-text.ts';
import { temporaryFolder } from '../temporary.ts';

const root = temporaryFolder();
const write = (name: string, content: string | Buffer) => {
  const path = join(root, name);
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, content);
  return path;
};

describe('bytes that are no text', () => {
  const latin = (rows: number, more = '') =>
    Buffer.from(`a,y\n${'one,1\n'.repeat(rows)}Gen\xe8ve,1\n${more}`, 'latin1');

  it.each([
    ['at the beginning', latin(0), 2],
    ['further down', latin(20, 'one,1\n'.repeat(1000)), 22],
    // Read in pieces of 64 KiB.
    ['in a later piece', latin(40_000, 'one,1\n'.repeat(40_000)), 40_002],
    [
      'with other ends of lines',
      Buffer.from(latin(40_000).toString('latin1').replaceAll('\n', '\r\n'), 'latin1'),
      40_002,
    ],
  ])('are told by their line: %s', async (_, bytes, line) => {
    const message = new RegExp(`is not text in UTF-8 at line ${line}: got the byte 0xe8, expected UTF-8`);
    await expect(ownData(write('latin.csv', bytes))).rejects.toThrow(message);
    await expect(ownData(write('latin.csv.gz', gzipSync(bytes)))).rejects.toThrow(message);
  });

  it('are told where they are a zero, cut short, or half a letter of UTF-16', async () => {
    await expect(ownData(write('zero.csv', 'a,y\n1,2\n3,\0\n'))).rejects.toThrow(/at line 3: got a zero byte/);
    const short = Buffer.concat([Buffer.from('a,y\n1,2\n3,'), Buffer.from('é').subarray(0, 1)]);
    await expect(ownData(write('short.csv', short))).rejects.toThrow(/UTF-8 at line 3: got a letter that is cut short/);
    const half = Buffer.from('\ufeffa,y\n1,2\n3,\ud800x\n', 'utf16le');
    await expect(ownData(write('half.csv', half))).rejects.toThrow(/UTF-16LE at line 3: got/);
  });

  it('are found wherever the pieces of a file end', () => {
    for (const [encoding, text, bad] of [
      ['utf-8', 'é\r\n€😀\n', [0xe8, 0x2c]],
      ['utf-16le', 'é\r\n€😀\n', [0x00, 0xdc]],
    ] as const) {
      const good = Buffer.from(text, encoding === 'utf-8' ? 'utf8' : 'utf16le');
      const bytes = Buffer.concat([good, Buffer.from(bad)]);
      for (let at = 0; at <= good.length; at++) {
        const before = bytes.subarray(Math.max(0, at - 3), at);
        const lines = new LineCount();
        lines.pass(new TextDecoder(encoding).decode(bytes.subarray(0, at), { stream: true }));
        expect(firstBad(encoding, { before, chunk: bytes.subarray(at), at }, lines)).toBe(bad[0]);
        expect(lines.line).toBe(3);
      }
    }
  });
});

describe('cells that are not told apart', () => {
  const quoted = `a,b,y\n${'1,2,x\n'.repeat(5)}3,"q",y\n${'1,2,y\n'.repeat(5)}`;

  it('by the delimiter that was given: the line, the delimiter, and the one of the file', async () => {
    const error = await ownData(write('comma.csv', quoted), { delimiter: ';' }).catch((one: Error) => one.message);
    expect(error).toMatch(
      /comma\.csv is broken at line 7: got Invalid Opening Quote: .*where ';' stands between cells/,
    );
    expect(error).toMatch(/, or ',' for --delimiter \(delimiter\), which the first lines have$/);
    expect(String(error).match(/at line/g)).toHaveLength(1);
  });

  it('for a quote: the line alone where the delimiter is right', async () => {
    const error = await ownData(write('quote.csv', `a,y\n${'1,x\n2,z\n'.repeat(15)}q"r,x\n`)).catch(
      (one: Error) => one.message,
    );
    expect(error).toMatch(/quote\.csv is broken at line 32: .*give --skip-broken \(skipBroken: true\)$/);
    const { train, test, skipped } = await ownData(join(root, 'quote.csv'), { skipBroken: true });
    expect(train.length + test.length).toBe(30);
    expect(skipped).toEqual([expect.stringMatching(/^quote\.csv, line 32: /)]);
    await expect(
      ownData(write('first.csv', `a"b,y\n${'1,x\n2,z\n'.repeat(15)}`), { skipBroken: true }),
    ).rejects.toThrow(/first\.csv is broken at line 1: .*it says what the columns are/);
    const open = await ownData(write('open.csv', `a,y\n${'1,x\n'.repeat(30)}"q,x\n1,x\n`)).catch(
      (one: Error) => one.message,
    );
    expect(open).toMatch(/open\.csv is broken at line 32: got Quote Not Closed/);
  });
});

describe('columns that are left out, so that none is left', () => {
  const table = (cell: (k: number) => string, name = 'id') =>
    write(
      'left.csv',
      `${name},y\n${Array.from({ length: 60 }, (_, k) => `${cell(k)},${k % 2 ? 'p' : 'q'}`).join('\n')}\n`,
    );

  it.each([
    [(k: number) => `${k}`, /got column id left out: it is a running number, .*--as id=number takes it \(as\)$/],
    [
      (k: number) => `w${k}`,
      /got column id left out: it is another word in every row, .*--as id=category takes it \(as\)$/,
    ],
    [() => '7', /got column id left out: it is 7 in every row, expected another column$/],
    [() => '', /got column id left out: it is empty, expected another column$/],
  ])('are named, with what takes them', async (cell, message) => {
    await expect(ownData(table(cell))).rejects.toThrow(message);
    await expect(ownData(table(cell))).rejects.toThrow(/^.*left\.csv has nothing to predict the target from: /);
  });

  it('are taken so', async () => {
    const { train } = await ownData(
      table((k) => `w${k}`),
      { as: { id: 'category' } },
    );
    expect(train.length).toBe(48);
  });
});

describe('folders of pictures', () => {
  const picture = async (path: string) => {
    mkdirSync(join(root, path, '..'), { recursive: true });
    await sharp({ create: { width: 8, height: 8, channels: 3, background: '#a05' } })
      .png()
      .toFile(join(root, path));
  };

  it('of which one is empty: an error that says what to do, or a class less', async () => {
    for (const part of ['empty/a', 'empty/b']) for (let k = 0; k < 5; k++) await picture(`${part}/${k}.png`);
    mkdirSync(join(root, 'empty/c'));
    const folder = join(root, 'empty');
    await expect(ownData(folder)).rejects.toThrow(
      /empty.c holds no images: got an empty folder, .*put some into it, or remove it/,
    );
    const { train, skipped } = await ownData(folder, { skipBroken: true });
    expect(train.classNames).toEqual(['a', 'b']);
    expect(skipped).toEqual([`${join(folder, 'c')}: a class without pictures`]);
  });

  it('of which the test part has nothing of a class: the class stays', async () => {
    for (const part of ['split/train/a', 'split/train/b', 'split/train/c', 'split/test/a', 'split/test/c'])
      for (let k = 0; k < 2; k++) await picture(`${part}/${k}.png`);
    mkdirSync(join(root, 'split/test/b'));
    const { train, test } = await ownData(join(root, 'split'), { skipBroken: true });
    expect([train.classNames, test.classNames]).toEqual([
      ['a', 'b', 'c'],
      ['a', 'b', 'c'],
    ]);
    expect([...(test.labels ?? [])]).toEqual([0, 0, 2, 2]);
  });

  it('of two classes, of which the test part has one: the other stays', async () => {
    for (const part of ['pair/train/cat', 'pair/train/dog', 'pair/test/dog'])
      for (let k = 0; k < 2; k++) await picture(`${part}/${k}.png`);
    mkdirSync(join(root, 'pair/test/cat'));
    const { test } = await ownData(join(root, 'pair'), { skipBroken: true });
    expect(test.classNames).toEqual(['cat', 'dog']);
    expect([...(test.labels ?? [])]).toEqual([1, 1]);
  });

  it('with a file of no bytes, or of something else, say so', async () => {
    for (const part of ['bad/a', 'bad/b']) for (let k = 0; k < 5; k++) await picture(`${part}/${k}.png`);
    const none = write('bad/a/0.jpg', '');
    await expect(ownData(join(root, 'bad'))).rejects.toThrow(
      /0\.jpg is broken: got an empty file, mend it, or give --skip-broken/,
    );
    write('bad/a/0.jpg', 'no picture at all');
    await expect(ownData(join(root, 'bad'))).rejects.toThrow(/0\.jpg is broken: got another format/);
    write('bad/a/0.jpg', '');
    const { skipped } = await ownData(join(root, 'bad'), { skipBroken: true });
    expect(skipped.join('\n')).toContain(`${none}: `);
    expect(skipped.join('\n')).toContain('an empty file');
  });

  it('that are too few to be split say how they can be', async () => {
    await picture('two/a/0.png');
    await picture('two/b/0.png');
    await expect(ownData(join(root, 'two'))).rejects.toThrow(
      /too few pictures to be split: got 2, .*folders train and test/,
    );
  });
});

describe('options that say nothing of the data', () => {
  const rows = (part: number) =>
    Array.from({ length: 20 }, (_, k) => JSON.stringify({ a: k * part, y: 'pq'[k % 2] })).join('\n');

  it('are told, once each', async () => {
    const path = write('plain.jsonl', rows(1));
    const test = write('other.jsonl', rows(2));
    const { notes } = await ownData(path, { test, delimiter: ';', header: false, testShare: 0.5 });
    expect(notes.filter((note) => note.includes('is not used'))).toEqual([
      '--delimiter (delimiter) is not used: no file is CSV',
      '--no-header (header) is not used: no file is CSV',
      '--test-share (testShare) is not used: there is a test part',
    ]);
    const used = await ownData(write('used.csv', 'a;y\n1;p\n2;q\n3;p\n4;q\n'), {
      delimiter: ';',
      header: true,
      testShare: 0.5,
    });
    expect(used.notes.join()).not.toMatch(/is not used/);
  });
});
