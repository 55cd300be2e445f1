import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { constants } from '../../src/decision/policy.ts';
import { sensitivityMethods } from '../../src/experiments/target/index.ts';
import { run } from './run.ts';

const root = mkdtempSync(join(tmpdir(), 'unequal-target-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const out = join(root, 'smoke');
const smoke = ['experiment', 'target', '--smoke', '--only', 'mnist', '--out'];
const lines = (folder: string) => readFileSync(join(folder, 'runs.ndjson'), 'utf8').trimEnd().split('\n');

test('the smallest of it runs through, and goes on where it was', async () => {
  const first = await run([...smoke, out]);
  expect(first.err).toMatch(/measuring mnist/);
  expect(first.code).toBe(0);
  expect(first.out).toMatch(/Time to the target over the workloads/);
  // Two methods, two budgets, two seeds.
  expect(lines(out).length).toBe(8);
  for (const line of lines(out)) {
    const { steps, curve, test, failed } = JSON.parse(line);
    expect(failed).toBeUndefined();
    expect(steps).toBeGreaterThan(0);
    expect(curve.at(-1).value).toBeGreaterThan(0);
    expect(test.ece).toBeGreaterThanOrEqual(0);
  }
  for (const name of ['report.html', 'performance-profile.svg', 'costs.json']) {
    expect(existsSync(join(out, name))).toBe(true);
  }

  // A line that a killed process left unfinished is made again, the others are not.
  const all = lines(out);
  writeFileSync(join(out, 'runs.ndjson'), `${all.slice(0, 7).join('\n')}\n${all[7].slice(0, 20)}`);
  const second = await run([...smoke, out, '--json']);
  expect(second.err.trim().split('\n').length).toBe(1);
  const [before, after] = [all[7], lines(out)[7]].map((line) => ({ ...JSON.parse(line), machineSeconds: 0 }));
  expect(after).toEqual(before);
  expect(JSON.parse(second.out)).toMatchObject({ complete: true });

  // Uniform's runs serve for another method.
  const other = join(root, 'other');
  const third = await run([...smoke, other, '--from', out, '--methods', 'uniform,lossSampling/presample=2', '--quiet']);
  expect(third.code).toBe(0);
  expect(lines(other).filter((line) => all.includes(line)).length).toBe(4);
  expect(third.out).toMatch(/lossSampling\/presample=2 by workload/);

  // What a sample takes serves for runs of other lengths, too.
  const half = await run([...smoke, join(root, 'half'), '--from', out, '--times', '0.5']);
  expect(half.code).toBe(0);
  expect(half.err).not.toMatch(/measuring/);
}, 300_000);

test('each constant of the decision is tried at half and double its value', async () => {
  const folder = join(root, 'sensitivity');
  const { code, out: shown } = await run([
    ...['experiment', 'sensitivity', '--smoke', '--only', 'mnist', '--seeds', '1'],
    ...['--from', out, '--out', folder, '--quiet'],
  ]);
  expect(code).toBe(0);
  for (const name of Object.keys(constants)) expect(shown).toContain(`\n${name} `);
  // Uniform, the default, and two of each constant; uniform's other seed is not needed.
  const made = lines(folder).map((line) => JSON.parse(line) as { method: string; budget: number });
  const others = made.filter(({ method }) => method !== 'uniform');
  expect(others.map(({ method }) => method)).toEqual(sensitivityMethods);
  expect(others.every(({ budget }) => budget === 1)).toBe(true);
}, 300_000);

test('what cannot be meant is refused', async () => {
  const refused = async (...words: string[]) => (await run(['experiment', 'target', ...words])).err;
  expect(await refused('--only', 'mnits', '--out', join(root, 'a'))).toMatch(/did you mean 'mnist'/);
  expect(await refused('--methods', 'uniform,importnace')).toMatch(/did you mean 'importance'/);
  expect(await refused('--clock', 'sun')).toMatch(/clock/);
  expect(await refused('--seconds', '3')).toMatch(/there is no --seconds here.*--times/);
  expect(
    await refused('--methods', 'importance/presampel=2', '--smoke', '--only', 'mnist', '--out', join(root, 'b')),
  ).toMatch(/did you mean 'presample'/);
  await run([
    'experiment',
    'target',
    '--smoke',
    '--only',
    'mnist',
    '--methods',
    'uniform',
    '--out',
    join(root, 'c'),
    '--seeds',
    '1',
    '--budgets',
    '1',
  ]);
  expect(await refused('--smoke', '--clock', 'cpu', '--only', 'mnist', '--out', join(root, 'c'))).toMatch(
    /is of other runs/,
  );
}, 300_000);
