import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { aumCsv, cartography, fiftyOneLines, samplesCsv } from '../../src/fit/sample-files.ts';
import { SampleHistory } from '../../src/fit/sample-history.ts';
import { SampleMemory } from '../../src/fit/sample-memory.ts';
import { readSamples, writeSamples } from '../../src/fit/samples-file.ts';

let scratch: string;
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'unequal-samples-'));
});
afterAll(() => rm(scratch, { recursive: true, force: true }));

function seen(): SampleHistory {
  const memory = new SampleMemory(50);
  for (let step = 0; step < 40; step++) {
    const indices = [step % 50, (7 * step) % 50];
    const answers = [0.5 - step / 10, 1, 0.3, 0.6, step % 3, 2, 1, 2];
    memory.add(indices, [step / 7, 0.25], answers);
  }
  return new SampleHistory(memory);
}

it('no samples, as after a stream, are named', async () => {
  const none = undefined as never;
  for (const write of [samplesCsv, aumCsv, fiftyOneLines, cartography])
    expect(() => write(none)).toThrow(/^no samples for \w+: got nothing, .*a stream has none/);
  await expect(writeSamples(join(scratch, 'none.bin'), none)).rejects.toThrow(/^no samples for writeSamples/);
});

it('what became of each sample is the same after it was written and read', async () => {
  const path = join(scratch, 'deep', 'samples.bin');
  const before = seen();
  await writeSamples(path, before);
  const after = await readSamples(path);
  expect([...after]).toEqual([...before]);
  expect(after.suspects(5)).toEqual(before.suspects(5));
  expect(after.classifies).toBe(true);
  expect((await readFile(path)).length).toBeLessThan(50 * 24 + 2000);
});

it('refuses what is no such file, or a damaged one', async () => {
  const path = join(scratch, 'samples.bin');
  await writeSamples(path, seen());
  const bytes = await readFile(path);
  const wrong = join(scratch, 'wrong.bin');
  for (const at of [0, 9, 200, bytes.length - 1]) {
    const other = Uint8Array.from(bytes);
    other[at] ^= 1;
    await writeFile(wrong, other);
    await expect(readSamples(wrong)).rejects.toThrow(/wrong\.bin/);
  }
  await writeFile(wrong, bytes.subarray(0, 300));
  await expect(readSamples(wrong)).rejects.toThrow(/wrong\.bin is/);
  await expect(readSamples(scratch)).rejects.toThrow(/UnequalError|cannot be read|folder/);
});
