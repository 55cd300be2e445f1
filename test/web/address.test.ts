/** The address of the page holds the settings and the changed samples of a race, and nothing that cannot be. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type Edits, editsFrom, editsText, fitting, labelOf, most } from '../../web/src/edits.ts';
import { changed, defaults, fromAddress, type Settings, toAddress } from '../../web/src/settings.ts';

const edits = (...pairs: [index: number, label: number | null][]): Edits => new Map(pairs);
const ordered = (of: Edits) => [...of];

it('holds the settings, and nothing that cannot be', () => {
  const settings = fromAddress('#task=spirals&method=infoBatch&noise=0.3&imbalance=10&seed=7&trained=yes&seconds=20');
  expect(settings).toEqual({
    ...{ task: 'spirals', method: 'infoBatch', noise: 0.3, imbalance: 10, seed: 7, trained: true, seconds: 20 },
    edits: edits(),
  });
  expect(fromAddress(toAddress(settings))).toEqual(settings);
  expect(toAddress(fromAddress('#task=cats&noise=7&seconds=-1&seed=x&method='))).toBe('#');
});

it('holds only what the dials can be turned to, and whole seconds', () => {
  expect(fromAddress('#seconds=4.3').seconds).toBe(4);
  for (const hash of ['#seed=', '#seed=&seconds=', '#noise=0.9', '#seconds=120', '#seconds=1']) {
    expect(fromAddress(hash), hash).toEqual(defaults);
  }
  expect(fromAddress('#seed=0').seed).toBe(0);
});

it('holds the changed samples, briefly', () => {
  const settings: Settings = { ...defaults, seed: 7, edits: edits([17, 3], [203, null]) };
  expect(toAddress(settings)).toBe('#seed=7&edits=17-3.203-x');
  expect(fromAddress('#seed=7&edits=17-3.203-x')).toEqual(settings);
});

const anyEdits = fc
  .uniqueArray(fc.tuple(fc.nat(99_999), fc.option(fc.nat(99))), { selector: ([index]) => index, maxLength: 2 * most })
  .map((pairs): Edits => new Map(pairs));

it('opens with the changes that were made, in their order', () => {
  fc.assert(
    fc.property(anyEdits, (made) => {
      const read = fromAddress(toAddress({ ...defaults, edits: made })).edits;
      expect(ordered(read)).toEqual(ordered(made).slice(0, most));
    }),
    { seed: 17, numRuns: 200 },
  );
});

it('is no longer than every program passes on, however many samples are changed', () => {
  const all = new Map(Array.from({ length: 2000 }, (_, k) => [9999 - k, null] as const));
  const hash = toAddress({ ...defaults, task: 'spirals', method: 'onlineBatchSelection', edits: all });
  expect(hash.length).toBeLessThan(1900);
  expect(fromAddress(hash).edits.size).toBe(most);
});

it('reads no change that is none', () => {
  const hostile = [
    '17',
    '-3',
    '17-',
    '17-y',
    '1,5-3',
    '-1-3',
    '1e3-3',
    '17-3-3',
    '17--3',
    '17-X',
    ' 1-3',
    '1-3 ',
    '٣-٣',
  ];
  const large = ['123456-1', '17-100', 'Infinity-1', '9'.repeat(10_000)];
  const script = ['__proto__-1', '<script>-x', '%', '%00', '\u0000'];
  for (const text of [...hostile, ...large, ...script, '', '.', '...']) {
    expect(ordered(editsFrom(text)), text.slice(0, 20)).toEqual([]);
  }
  expect(ordered(editsFrom('nonsense.17-3..x-x.203-x.'))).toEqual([...edits([17, 3], [203, null])]);
  // The last word on a sample counts.
  expect(ordered(editsFrom('17-3.17-x'))).toEqual([[17, null]]);
  expect(ordered(editsFrom('017-03'))).toEqual([[17, 3]]);
  expect(editsFrom('1-1.'.repeat(1_000_000)).size).toBe(1);
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const read = fromAddress(`#edits=${text}`).edits;
      // Whatever was read is read again as it is.
      expect(ordered(editsFrom(editsText(read)))).toEqual(ordered(read));
    }),
    { seed: 17, numRuns: 500 },
  );
});

const task = { classes: ['a', 'b', 'c'], train: { labels: Uint8Array.from([0, 1, 2, 0]) } };

it('takes no change of a sample or to a class that the task has not, and none that changes nothing', () => {
  const asked = editsFrom('0-2.1-1.2-x.3-3.4-0.5-x.3-99');
  expect(ordered(fitting(asked, task))).toEqual([
    [0, 2],
    [2, null],
  ]);
  expect([0, 1, 2, 3].map((index) => labelOf(index, fitting(asked, task), task))).toEqual([2, 1, null, 0]);
});

it('holds no changes of pictures of one’s own', () => {
  expect(toAddress({ ...defaults, task: 'own', edits: edits([1, 0]) })).toBe('#task=own');
  expect(fromAddress('#task=own&edits=1-0').edits.size).toBe(0);
});

it('keeps the changes while the samples are the same', () => {
  const made = edits([17, 3]);
  for (const part of [{}, { method: 'uniform' }, { seconds: 20 }, { trained: true }] as const) {
    expect(changed(defaults, part, made)).toEqual({ ...defaults, ...part, edits: made });
  }
  for (const part of [{ task: 'spirals' }, { noise: 0.2 }, { imbalance: 4 }, { seed: 2 }, { task: 'own' }] as const) {
    expect(changed({ ...defaults, edits: made }, part, made)).toEqual({ ...defaults, ...part, edits: edits() });
  }
});
