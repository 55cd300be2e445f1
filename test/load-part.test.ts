/** A part that does not load says so as every other fault does. */
import { expect, it, vi } from 'vitest';
import { UnequalError } from '../src/errors.ts';
import { loadPart } from '../src/load-part.ts';

it('is what was loaded', async () => {
  expect(await loadPart(async () => 7)).toBe(7);
});

it('is the one error where it does not load, with the cause', async () => {
  const cause = new TypeError('Failed to fetch dynamically imported module: https://example.org/part.js');
  const error = await loadPart(() => Promise.reject(cause)).catch((error: unknown) => error);
  expect(error).toBeInstanceOf(UnequalError);
  expect(error).toMatchObject({
    cause,
    message: `a part of unequal cannot be loaded: got ${cause.message}, install unequal anew`,
  });
});

it('says which Node it needs where that is too old, or is that of an old Electron', async () => {
  const { getBuiltinModule } = process;
  vi.stubGlobal('process', Object.create(process, { getBuiltinModule: { value: undefined } }));
  try {
    const load = async () => process.getBuiltinModule('node:fs');
    await expect(loadPart(load)).rejects.toThrow(/cannot be loaded: .*run it with Node 20\.19 or later/);
  } finally {
    vi.unstubAllGlobals();
  }
  expect(process.getBuiltinModule).toBe(getBuiltinModule);
});
