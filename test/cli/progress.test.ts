import { describe, expect, it } from 'vitest';
import { main } from '../../src/cli/cli.ts';
import { commandLine } from '../../src/cli/machine.ts';
import { barLine, meter, newStanding, plainLine, spark, Tracker } from '../../src/cli/progress.ts';
import { topOf } from '../../src/cli/recorder.ts';
import { textTable } from '../../src/cli/text-table.ts';

const standing = {
  name: 'importance',
  share: 0.5,
  seconds: 12.04,
  steps: 702,
  losses: [2, 0.2, 0.02],
  tau: 2.31,
  threshold: 1.83,
  gain: 1.53,
  worth: 2.1,
  cost: 1.83,
  on: true,
};

describe('progress', () => {
  it('draws a bar with the loss falling, cut to the terminal', () => {
    expect(barLine(standing, 10, 110)).toBe(
      'importance  ███████░░░░░░░   12.0 s     702 steps  loss 0.0200  █▅▁  on, gain 1.53',
    );
    expect(barLine(standing, 10, 140)).toMatch(/on, gain 1\.53, worth 2\.10 of 1\.83$/);
    // No part of it is cut in its middle.
    expect(barLine(standing, 10, 40)).toBe('importa…  ██░░   12.0 s     702 steps');
    expect(barLine(standing, 10, 60)).toMatch(/ steps {2}loss 0\.0200 ?$/);
    expect(barLine({ ...standing, failed: true }, 10, 120)).toContain('failed');
  });

  it.each([
    ['importance', { gain: 1.53 }, 'on, gain 1.53'],
    ['onlineBatchSelection', { gain: 123.4 }, 'on, gain 123'],
    ['lossSampling', { gain: 12.3, on: false, seconds: 9999.9, steps: 999_999 }, 'off, gain 12.3'],
    ['paper2018', { gain: 1e9, on: false, seconds: 99_999.9, steps: 12_345_678 }, 'off, gain >999'],
    ['variance-reduced-something-long', { gain: undefined }, 'on, τ 2.31'],
    ['diverging', { gain: 0.000012, losses: [123456.7] }, 'on, gain 0.00'],
  ])('says within 80 columns whether %s is on and by what', (name, over, ending) => {
    const text = barLine({ ...standing, ...over, name }, 31, 80);
    expect([...text].length).toBeLessThan(80);
    expect(text.endsWith(ending), text).toBe(true);
    expect(text.slice(0, 5)).toBe(name.slice(0, 5));
  });

  it('writes a plain line elsewhere', () => {
    expect(plainLine(standing)).toBe('12.0 s  importance: 702 steps, loss 0.0200, on, gain 1.53, worth 2.10 of 1.83');
    const byTau = { ...standing, gain: undefined, on: false };
    expect(plainLine(byTau)).toBe('12.0 s  importance: 702 steps, loss 0.0200, off, τ 2.31 of 1.83');
    expect(plainLine({ ...newStanding('uniform'), steps: 3, losses: [1] })).toBe('0.0 s  uniform: 3 steps, loss 1.00');
  });

  it('draws losses on a logarithmic scale', () => {
    expect(spark([1, 0.1, 0.01], 16)).toBe('█▅▁');
    expect([
      ...spark(
        Array.from({ length: 100 }, (_, k) => k + 1),
        16,
      ),
    ]).toHaveLength(16);
    expect([spark([], 16), spark([1], 16), spark([Number.NaN, 0], 16)]).toEqual(['', '', '']);
  });

  it('averages the loss over each 60th of the budget', () => {
    const tracker = new Tracker(newStanding('m'));
    const step = (loss: number, share: number, k: number) =>
      tracker.step({ loss, share, seconds: k, step: k, phase: 'uniform' });
    step(4, 0, 0);
    step(2, 0.01, 1);
    step(1, 0.5, 2);
    expect(tracker.standing).toMatchObject({ losses: [3, 1], steps: 3, share: 0.5, on: false });
  });

  it('redraws its lines in place on a terminal, and is still if quiet', () => {
    let text = '';
    const out = { write: (part: string) => (text += part), isTTY: true, columns: 80 };
    const bars = meter(out, [standing, { ...standing, name: 'uniform' }]);
    bars.update();
    bars.end();
    // Two pictures of two lines; between them up by two and clear.
    expect(text.match(/\n/g)).toHaveLength(4);
    expect(text).toContain('\u001b[2A\u001b[0J');
    text = '';
    meter(out, [standing], true).end();
    expect(text).toBe('');
  });
});

describe('pieces of the command line', () => {
  it('finds the most picked in one pass', () => {
    const times = Uint32Array.from({ length: 500 }, (_, k) => (k * 7919) % 101);
    const order = [...times.keys()].sort((a, b) => times[b] - times[a]);
    expect(topOf(times, 12).map(({ times }) => times)).toEqual(order.slice(0, 12).map((k) => times[k]));
    expect(topOf(times, 12).every(({ index, times: n }) => times[index] === n)).toBe(true);
    expect(topOf(new Uint32Array(5), 12)).toEqual([]);
  });

  it('aligns tables', () => {
    expect(
      textTable([
        ['a', 'b'],
        ['long', '1'],
        ['x', '1,000'],
      ]),
    ).toBe('a         b\n────  ─────\nlong      1\nx     1,000\n');
  });

  it('breaks words of a table, and titles of its numbers, where a terminal is narrow', () => {
    const rows = [
      ['name', 'training loss', 'what it says'],
      ['first', '0.0123', 'a sentence of some length, and one long-word-that-has-no-space'],
    ];
    expect(textTable(rows, [2], 32)).toBe(
      [
        'name   training  what it says',
        '           loss',
        '─────  ────────  ─────────────',
        'first    0.0123  a sentence of',
        '                 some length,',
        '                 and one',
        '                 long-word-tha',
        '                 t-has-no-spac',
        '                 e',
        '',
      ].join('\n'),
    );
    expect(textTable(rows, [2])).toContain('a sentence of some length, and one long-word-that-has-no-space\n');
  });

  it.each([['methods'], ['experiment', 'list']])('%s %s is no wider than its terminal', async (...argv) => {
    const written: string[] = [];
    const stdout = { write: (text: string) => written.push(text), isTTY: true, columns: 80 };
    expect(await main(argv, { stdout, stderr: stdout, signal: new AbortController().signal })).toBe(0);
    for (const line of written.join('').split('\n')) expect([...line].length, line).toBeLessThanOrEqual(80);
  });

  it('quotes what a shell would read otherwise', () => {
    expect(commandLine(['train', '--model', "my model's.json", 'a=b'])).toBe(
      "unequal train --model 'my model'\\''s.json' a=b",
    );
  });
});
