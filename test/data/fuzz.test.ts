import { expect, test } from 'vitest';
import { fuzzReaders } from './fuzz/fuzz.ts';
import { READERS } from './fuzz/readers.ts';

/** More than the seeds of any reader; `npm run campaign -- readers` reads many more. */
const INPUTS = 200;

test('damaged files give a result or an UnequalError, in 10 seconds and 1 GiB', async () => {
  const rows = await fuzzReaders({ seed: 1, inputs: INPUTS, jobs: 2 });
  expect(rows.map(({ reader }) => reader)).toEqual(READERS.map(({ name }) => name));
  expect(rows.flatMap(({ reader, failures }) => failures.map((failure) => ({ reader, ...failure })))).toEqual([]);
  for (const { ok, refused } of rows) {
    expect(ok + refused).toBe(INPUTS);
    expect(ok).toBeGreaterThan(0);
  }
}, 300_000);
