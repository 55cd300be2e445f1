import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { registry } from '../../src/methods/registry.ts';
import { run } from './run.ts';

let scratch: string;
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'unequal-cli-'));
});
afterAll(() => rm(scratch, { recursive: true, force: true }));

describe('unequal', () => {
  it.each([
    [['race', '--methods', 'uniform,importnce'], /did you mean 'importance'/],
    [['race', '--methods', 'uniform,uniform'], /named twice/],
    [['race', '--secnds', '3'], /Did you mean --seconds/],
    [['race', '--seconds', '0'], /a number > 0/],
    [['race', '--seed', 'x'], /a whole number/],
    [['race', '--presample', '0.5'], /a ratio ≥ 1/],
    [['race', '--engine', 'wasm'], /unknown engine/],
    [['race', '--option', 'start'], /name=value/],
    [['race', '--option', 'presmple=3'], /unknown option of .*did you mean 'presample'/],
    [['race', '--option', 'presample=0'], /bad presample/],
    [['experiment', 'nothing'], /unknown experiment: .*'target', 'sensitivity'/],
    [['experiment', 'start', '--seconds', '3'], /start counts steps: got '?--seconds'?, expected --steps/],
    [['train', '--data', 'mnits'], /did you mean 'mnist'/],
    [['train', '--method', 'svgr'], /did you mean 'svrg'/],
    [['rac'], /Did you mean race/],
    [['report'], /missing required argument/],
    [[], /Usage: unequal/],
  ])('%j is a wrong call: 2, on standard error alone', async (argv, message) => {
    const { code, out, err } = await run(argv);
    expect([code, out]).toEqual([2, '']);
    expect(err).toMatch(message);
  });

  it.each([
    [['train', '--method', 'rhoLoss'], /rhoLoss cannot be run so: it needs irreducible/],
    [['race', '--methods', 'uniform,hardMining,hardestPairs'], /hardMining against hardestPairs.*race them apart/],
    [['race', '--methods', 'importance,semiHardMining'], /semiHardMining, hardMining, uniform.* together/],
    [['train', '--model', 'smal-cnn', '--samples', '100'], /unknown network.*did you mean 'small-cnn'/],
    [['train', '--model', './nowhere/model.json', '--samples', '100'], /there is no file or folder .*nowhere/],
    [['report', './nowhere'], /is not a run folder/],
    [['train', '--resume', './nowhere'], /is not a run folder/],
  ])('%j fails: 1, a message without a stack', async (argv, message) => {
    const { code, out, err } = await run([...argv, ...(argv[0] === 'report' ? [] : ['--out', join(scratch, 'never')])]);
    expect([code, out]).toEqual([1, '']);
    expect(err).toMatch(message);
    expect(err).not.toMatch(/\n\s+at /);
  });

  it('shows the stack with --debug', async () => {
    const { code, err } = await run(['--debug', 'report', './nowhere']);
    expect(code).toBe(1);
    expect(err).toMatch(/\n\s+at /);
  });

  it('refuses a folder that holds something', async () => {
    await writeFile(join(scratch, 'notes.txt'), 'mine');
    const { code, err } = await run(['race', '--samples', '100', '--out', scratch]);
    expect(code).toBe(1);
    expect(err).toMatch(/is not empty: got notes\.txt/);
  });

  it('helps and tells its version on standard output', async () => {
    const help = await run(['race', '--help']);
    expect([help.code, help.err]).toEqual([0, '']);
    for (const option of ['--methods', '--seconds', '--tune', '--json', '--out']) expect(help.out).toContain(option);
    expect((await run(['--version'])).out).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it('lists every method', async () => {
    const { code, out } = await run(['methods']);
    expect(code).toBe(0);
    for (const { name, paper } of registry) expect(out).toContain(`${name}`.padEnd(name.length + 2) && paper);
    // Its expected step is larger than a uniform one, and a regulariser counts for less.
    expect(out).toMatch(/^infoBatch .* unbiased over an epoch /m);
    const entries = JSON.parse((await run(['methods', '--json'])).out);
    expect(entries.map(({ name }: { name: string }) => name)).toEqual(registry.map(({ name }) => name));
    expect(entries[0]).toMatchObject({ paper: 'Robbins & Monro 1951', biased: false, bytesPerSample: 0 });
  });
});
