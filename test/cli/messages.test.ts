/** What the command line says of what is not there, not used, or not known. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run } from './run.ts';

const scratch = mkdtempSync(join(tmpdir(), 'unequal-messages-'));
const data = join(scratch, 'data.csv');
const model = join(scratch, 'run');
let trained: Awaited<ReturnType<typeof run>>;

beforeAll(async () => {
  const rows = Array.from({ length: 60 }, (_, k) => `${k % 7},${k % 7 > 3 ? 'p' : 'q'}`);
  writeFileSync(data, `x,y\n${rows.join('\n')}\n`);
  const words = ['--epochs', '1', '--seed', '1', '--engine', 'eager', '--size', '3', '--out', model];
  trained = await run(['train', '--data', data, ...words]);
});
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

describe('a folder that is no run folder', () => {
  it.each([
    [
      'report',
      join(scratch, 'nowhere'),
      /nowhere is not a run folder: got nothing of that name, expected the folder that/,
    ],
    ['report', scratch, /is not a run folder: got no config\.json in it, expected the folder that/],
    ['inspect', scratch, /is not a run folder: got no config\.json in it, expected the folder that/],
  ])('is told in one message: %s', async (command, folder, message) => {
    const { code, err } = await run([command, folder]);
    expect(code).toBe(1);
    expect(err).toMatch(message);
    expect(err.match(/ got /g)).toHaveLength(1);
    expect(err.match(/expected /g)).toHaveLength(1);
  });

  it('says what is wrong in its configuration', async () => {
    const folder = join(scratch, 'broken');
    mkdirSync(folder);
    writeFileSync(join(folder, 'config.json'), '{"kind":"train"}');
    const { err } = await run(['report', folder]);
    expect(err).toMatch(/broken is not a run folder: /);
    expect(err.match(/ got /g)?.length ?? 0).toBeLessThanOrEqual(1);
  });
});

it('--size says nothing of a table without pictures, which is told once', () => {
  expect(trained.code).toBe(0);
  expect(trained.err.match(/--size is not used: no column holds pictures/g)).toHaveLength(1);
});

it('importance sampling that was never switched on is so in one word, however short the run', async () => {
  expect(trained.out).toMatch(/switched on\n.*\n *importance .* never *\n/);
  const out = join(scratch, 'longer');
  const raced = await run([
    ...['race', '--data', data, '--seconds', '0.1', '--engine', 'eager', '--methods', 'uniform,importance'],
    ...['--option', 'start=1e9', '--out', out],
  ]);
  expect(raced.code).toBe(0);
  expect(raced.out.match(/ never *$/gm)).toHaveLength(2);
});

describe('predict', () => {
  const predicted = async (rows: string) => {
    const file = join(scratch, 'new.csv');
    writeFileSync(file, `x,y\n${rows}`);
    return (await run(['predict', '--model', model, '--data', file])).err;
  };

  it('says of labels that no training row had that they count as wrong', async () => {
    expect(await predicted('1,new\n2,newer\n')).toMatch(
      /^0 % of 2 rows are right\n2 rows have a label that no training row had, such as new, and count as wrong$/m,
    );
    expect(await predicted('1,new\n')).toMatch(
      /^0 % of 1 row is right\n1 row has a label that no training row had, such as new, and counts as wrong$/m,
    );
    expect(await predicted('1,p\n1,q\n')).toMatch(/^50\.0 % of 2 rows are right\n$/m);
  });
});
