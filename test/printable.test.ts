/** Whatever a name holds, it does not reach the terminal as anything but text. */
import { expect, it } from 'vitest';
import { fault } from '../src/errors.ts';
import { printable, printableLines } from '../src/printable.ts';
import { run } from './cli/run.ts';

const hostile = 'a\u001b]0;owned\u0007\u001b[2Jb\u009b31m\r\nc\u202ed\u2066\u2028\u0000';
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there.
const obeyed = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069\u2028\u2029]/;

it('control characters, line ends and marks of direction are shown as text', () => {
  expect(printable(hostile)).not.toMatch(obeyed);
  expect(printable(hostile)).not.toContain('\n');
  expect(printable(hostile)).toContain('\\u001b]0;owned\\u0007');
  expect(printable('Größe 東京 🙂 e\u0301')).toBe('Größe 東京 🙂 e\u0301');
  expect(printableLines('one\n\ttwo\u001b[2J')).toBe('one\n\ttwo\\u001b[2J');
});

it('an error is one line of it, whichever part the name stands in', () => {
  const error = fault({ wrong: `no file ${hostile}`, got: hostile, expected: hostile, mend: hostile });
  expect(error.message).not.toMatch(obeyed);
  expect(error.message).not.toContain('\n');
});

it.each([
  ['train', '--model', hostile, '--data', 'mnist'],
  ['train', '--model', 'x', '--data', hostile],
  ['report', hostile],
  ['data', 'get', hostile],
  ['race', '--methods', hostile],
  [hostile],
])('unequal %s', async (...argv) => {
  const { out, err, code } = await run(argv);
  expect(code).not.toBe(0);
  expect(out + err).not.toMatch(obeyed);
});
