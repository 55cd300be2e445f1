import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { UnequalError } from '../src/errors.ts';
import { LineFile } from '../src/line-file.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'unequal-lines-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('a file of lines', () => {
  it('keeps what is whole, whatever byte the last write stopped at', () => {
    const path = join(folder, 'cut');
    const whole = '{"a":"ä"}\n{"b":2}\n';
    const bytes = new TextEncoder().encode(whole);
    for (let length = 0; length <= bytes.length; length++) {
      writeFileSync(path, bytes.subarray(0, length));
      const file = new LineFile(path);
      file.append('{"c":3}');
      file.close();
      const kept = length === bytes.length ? whole : length > bytes.indexOf(10) ? '{"a":"ä"}\n' : '';
      expect(readFileSync(path, 'utf8'), `${length}`).toBe(`${kept}{"c":3}\n`);
    }
  });

  it('finds the last line of a long file without an end', () => {
    const path = join(folder, 'long');
    writeFileSync(path, `first\n${'x'.repeat(200_000)}`);
    new LineFile(path).close();
    expect(readFileSync(path, 'utf8')).toBe('first\n');
  });

  it('says that a disk is full, and that a path cannot be written', () => {
    if (existsSync('/dev/full')) {
      expect(() => new LineFile('/dev/full').append('line')).toThrow(/\/dev\/full cannot be written: got ENOSPC/);
    }
    expect(() => new LineFile(folder)).toThrow(UnequalError);
    expect(() => new LineFile(join(folder, 'none', 'file'))).toThrow(/cannot be written: got ENOENT/);
  });

  it('goes on after what another has written', () => {
    const path = join(folder, 'other');
    const file = new LineFile(path);
    file.append('one');
    appendFileSync(path, 'two\n');
    file.append('three');
    file.close();
    expect(readFileSync(path, 'utf8')).toBe('one\ntwo\nthree\n');
  });
});
