/** Every option of every command, with values that nobody means: refused as a wrong call, or one that it can have. */
import type { Command, Option } from 'commander';
import { describe, expect, it } from 'vitest';
import { programOf } from '../../src/cli/cli.ts';
import { run } from './run.ts';

const hostile = [
  ...[
    '',
    ' ',
    '0',
    '-0',
    '-1',
    '1',
    '2',
    '0.5',
    '1.5',
    '1e2',
    '1e9',
    '1e10',
    '1e400',
    '9007199254740993',
    '0x10',
    '0b1',
  ],
  ...['1_000', '1,5', '3x', '+', '.', 'e', 'NaN', 'Infinity', '-Infinity', 'true', 'null', 'undefined', 'toString'],
  ...[
    '__proto__',
    'constructor',
    '{}',
    '[]',
    '٣',
    '\0',
    'a\0b',
    '\x1b[31m',
    '../..',
    'x=',
    '=x',
    'x=1',
    'mnist',
    'eager',
  ],
];
/** Which of them an option may have, by what it takes. */
const anything = hostile.filter((text) => text.trim() !== '' && !text.includes('\0'));
const counts = ['1', '2', '1e2', '1e9'];
const word = hostile.filter((text) => text !== '' && !text.includes('\0'));
const fine: { readonly [long: string]: readonly string[] } = {
  '--seconds': ['1', '2', '0.5', '1.5', '1e2', '1e9', '1e10', '9007199254740993'],
  '--learning-rate': ['1', '2', '0.5', '1.5', '1e2', '1e9', '1e10', '9007199254740993'],
  '--presample': ['1', '2', '1.5', '1e2', '1e9', '1e10', '9007199254740993'],
  '--times': ['1', '2', '0.5', '1.5', '1e2', '1e9', '1e10', '9007199254740993'],
  '--budgets': ['1', '2', '0.5', '1.5', '1e2', '1e9', '1e10', '9007199254740993', '1,5'],
  '--workers': ['1', '2'],
  '--part': [],
  '--clock': [],
  '--seed': ['0', '-0', '-1', '1', '2', '1e2', '1e9', '1e10'],
  '--seeds': ['1', '2', '1e2'],
  ...Object.fromEntries(
    ['epochs', 'steps', 'samples', 'test-samples', 'batch-size', 'checkpoint-every'].map((name) => [
      `--${name}`,
      counts,
    ]),
  ),
  '--engine': ['eager'],
  // What has a slash, a dot or a star may be a path; a bare word that is no file is a name mistyped.
  '--data': [...anything.filter((text) => /[/.*?[{]/.test(text)), 'mnist'],
  'predict --data': anything,
  '--target': word,
  '--test': anything,
  '--test-share': ['0.5'],
  '--task': [],
  '--as': [],
  '--size': ['1', '2', '1,5'],
  '--delimiter': word,
  '--redis': word,
  '--cluster': word,
  '--every': counts,
  '--outer': [],
  '--run': word,
  '--port': ['0', '-0', '1', '2', '1e2'],
  '--parallel': ['1', '2'],
  '--most': ['1', '2', '1e2'],
  'inspect --method': word,
  '--optimizer': [],
  '--loss': [],
  '--scale': [],
  '--method': [],
  '--methods': [],
  '--option': ['x=', 'x=1'],
  ...Object.fromEntries(['out', 'resume', 'model', 'from', 'labels'].map((name) => [`--${name}`, anything])),
  // Names are known with the experiment.
  '--only': hostile,
};

const nowhere = { write: () => true };
const io = { stdout: nowhere, stderr: nowhere, signal: new AbortController().signal };

/** A command of a fresh program, by the names on the way to it, that does nothing. */
function idle(path: readonly string[]): Command {
  let command = programOf(io, () => {});
  for (const name of path) command = command.commands.find((one) => one.name() === name)!;
  return command.action(() => {});
}

function allOf(
  command: Command,
  path: readonly string[] = [],
): { path: readonly string[]; options: readonly Option[] }[] {
  const below = command.commands.flatMap((one) => allOf(one, [...path, one.name()]));
  return [...(path.length > 0 ? [{ path, options: command.options }] : []), ...below];
}

const all = allOf(programOf(io, () => {}));
const longs = all.flatMap(({ path, options }) => options.map((option) => ({ path, option, long: option.long! })));

describe('every option', () => {
  it('is walked', () => {
    const names = all.map(({ path }) => path.join(' ')).sort();
    expect(names).toEqual(expect.arrayContaining(['advise', 'data get', 'experiment', 'race', 'report', 'train']));
    for (const { option, long } of longs) if (option.required) expect(Object.keys(fine), long).toContain(long);
    expect(longs.some(({ option }) => option.optional)).toBe(false);
  });

  it.each(
    longs.filter(({ option }) => option.required).map((one) => [`${one.path.join(' ')} ${one.long}`, one] as const),
  )('%s', (_, { path, long }) => {
    for (const value of hostile) {
      const command = idle(path);
      const given = [
        ...command.registeredArguments
          .filter(({ required }) => required)
          .map(() => (path[0] === 'experiment' ? 'list' : 'name')),
        ...command.options.filter((one) => one.mandatory && one.long !== long).map((one) => `${one.long}=./there`),
      ];
      let error: unknown;
      try {
        idle(path).parse([...given, `${long}=${value}`], { from: 'user' });
      } catch (thrown) {
        error = thrown;
      }
      const where = `${long} ${JSON.stringify(value)}`;
      if (error !== undefined) expect((error as { code?: string }).code, where).toBe('commander.invalidArgument');
      expect(error === undefined, where).toBe((fine[`${path.join(' ')} ${long}`] ?? fine[long] ?? []).includes(value));
    }
  });

  it.each(all.map(({ path }) => [path.join(' '), path] as const))(
    '%s names the nearest where one is mistyped',
    async (_, path) => {
      for (const { long } of longs.filter((one) => one.path === path)) {
        const { options } = idle(path);
        const others = options.filter((one) => one.mandatory);
        const { code, err } = await run([...path, ...others.map((one) => `${one.long}=./there`), `${long}x`]);
        expect(code, long).toBe(2);
        expect(err, long).toContain('Did you mean');
        expect(err, long).not.toMatch(/\n\s+at /);
      }
    },
  );

  it('is refused on the real command line, with the number that is expected', async () => {
    for (const [flag, expected] of [
      ['--seconds', 'a number > 0'],
      ['--batch-size', 'a whole number > 0'],
      ['--seeds', 'a whole number > 0, at most 10000'],
    ]) {
      const { code, out, err } = await run(['race', flag, '0x10']);
      expect([code, out]).toEqual([2, '']);
      expect(err).toContain(`Expected ${expected}.`);
    }
  });
});
