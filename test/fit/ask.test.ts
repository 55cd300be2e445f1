import { expect, it, vi } from 'vitest';
import { waitFor } from '../../src/fit/ask.ts';

/** Timers that keep the process alive. */
const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;

it('what never settles does not end the process without a word: it stays, and says what is waited for', async () => {
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
  const before = timers();
  let settle = () => {};
  const never = new Promise<void>((resolve) => {
    settle = resolve;
  });
  const waiting = waitFor('the batch', () => never, 0.01);
  expect(timers()).toBe(before + 1);
  await vi.waitFor(() => expect(warn.mock.calls.length).toBeGreaterThan(2));
  expect(warn.mock.calls[0]).toEqual(['unequal: waiting for more than 0.01 s for the batch']);
  settle();
  await waiting;
  expect(timers()).toBe(before);
  warn.mockRestore();
});
