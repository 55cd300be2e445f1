import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { parseHTML } from 'linkedom';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { registry } from '../../src/methods/registry.ts';
import { readEvents, readRecord } from '../../src/report/record.ts';
import { run } from './run.ts';

let scratch: string;
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'unequal-race-'));
});
afterAll(() => rm(scratch, { recursive: true, force: true }));
const small = ['--samples', '1000', '--test-samples', '200', '--batch-size', '20'];

describe('unequal race', () => {
  it('races, prints one JSON object alone on standard output, and leaves a folder that can be read again', async () => {
    const out = join(scratch, 'a');
    const command = [
      'race',
      '--methods',
      'uniform,paper2018',
      '--option',
      'threshold=1.01',
      '--presample',
      '4',
      ...small,
    ];
    const { code, out: text, err } = await run([...command, '--seconds', '1', '--seed', '3', '--json', '--out', out]);
    expect([code, text.split('\n').length]).toEqual([0, 2]);
    const { folder, config, end, results } = JSON.parse(text);
    expect([folder, end, config.seed, config.data.train]).toEqual([out, 'done', 3, 1000]);
    expect(config.methods.paper2018).toMatchObject({ presample: 4 });
    expect(results.map(({ method }: { method: string }) => method)).toEqual(['uniform', 'paper2018']);
    for (const { seconds, steps, trainLoss, testError, forward } of results) {
      expect(seconds).toBeGreaterThanOrEqual(1);
      expect(steps).toBeGreaterThan(0);
      expect(trainLoss).toBeLessThan(2.3);
      expect(testError).toBeLessThan(0.9);
      expect(forward).toBeGreaterThanOrEqual(20 * steps);
    }
    expect(results[1].trainLossVsUniform.ratio).toBeCloseTo(results[1].trainLoss / results[0].trainLoss, 4);
    expect(err).toMatch(/learning rate 0\.05: best of .* \(check with --tune\)/);
    expect(err).not.toMatch(/Hi, looks like|tfjs-node/);

    const types = new Set((await readEvents(out)).events.map(({ type }) => type));
    expect([...types].sort()).toEqual(expect.arrayContaining(['end', 'picked', 'point', 'result', 'step']));
    const before = await readFile(join(out, 'report.html'), 'utf8');
    await rm(join(out, 'report.html'));
    const again = await run(['report', out]);
    expect([again.code, again.out.trim().split('\n').at(-1)]).toEqual([0, join(out, 'report.html')]);
    expect(await readFile(join(out, 'report.html'), 'utf8')).toBe(before);
    expect(parseHTML(before).document.querySelector('pre')?.textContent).toBe(
      'unequal race --methods uniform,paper2018 --learning-rate 0.05 --seconds 1 --batch-size 20 --seed 3 --presample 4 --option threshold=1.01 --samples 1000 --test-samples 200',
    );
  });

  it('stops on Ctrl-C with a report of what there is, and 130', async () => {
    const out = join(scratch, 'b');
    const controller = new AbortController();
    const metrics = join(out, 'metrics.ndjson');
    const racing = run(['race', ...small, '--seconds', '600', '--quiet', '--out', out], controller.signal);
    while (!(existsSync(metrics) && readFileSync(metrics, 'utf8').includes('"step"'))) await turn();
    controller.abort();
    const { code, out: text, err } = await racing;
    expect([code, err]).toEqual([130, '']);
    expect(text).toMatch(/The run was stopped after .* of 10 min each/);
    expect(existsSync(join(out, 'report.html'))).toBe(true);
  });

  it('reports why a method diverges', async () => {
    const out = join(scratch, 'c');
    const wild = ['race', '--methods', 'uniform', '--learning-rate', '1e30', ...small, '--seconds', '60', '--quiet'];
    const { code, out: text } = await run([...wild, '--out', out]);
    expect(code).toBe(1);
    expect(text).toMatch(/uniform failed: training stopped at step \d+, learning rate/);
    expect(await readFile(join(out, 'report.html'), 'utf8')).toContain('failed: training stopped at step');
  });

  it('fails where every method did, with one seed or several', async () => {
    const data = join(scratch, 'line.csv');
    await writeFile(data, `x,y\n${Array.from({ length: 60 }, (_, i) => `${i},${2 * i}`).join('\n')}\n`);
    const args = ['race', '--data', data, '--optimizer', 'sgd', '--seconds', '0.5', '--methods', 'uniform', '--quiet'];
    for (const [k, more] of [
      ['--learning-rate', '1e6'],
      ['--learning-rate', '1e6', '--seeds', '2'],
    ].entries()) {
      const { code, out } = await run([...args, ...more, '--out', join(scratch, `lost-${k}`)]);
      expect([code, out]).toEqual([1, expect.stringMatching(/failed/)]);
    }
    // One that came to its end is a result; and the address of a page is no progress.
    const { code, err } = await run([...args, '--serve', '--out', join(scratch, 'kept')]);
    expect([code, err]).toEqual([0, expect.stringMatching(/^live report: http:\/\/localhost:\d+\/\S*\n$/)]);
  });

  it('trains the irreducible losses of rhoLoss, and says how long that took outside the clock', async () => {
    const out = join(scratch, 'rho');
    const methods = ['race', '--methods', 'uniform,rhoLoss', '--presample', '3'];
    const { code, out: text, err } = await run([...methods, ...small, '--seconds', '1', '--out', out]);
    expect(code).toBe(0);
    expect(err).toMatch(/irreducible losses: training a model on either half/);
    expect(text).not.toMatch(/failed/);
    expect(text).toMatch(/Irreducible losses of rhoLoss: .* s outside the clock of the race.*3 uniform epochs/);
    const { config, methods: trained } = await readRecord(out);
    expect(config.methods.rhoLoss).toEqual({ presample: 3, irreducible: 'losses' });
    expect(trained[1].points.at(-1)?.testError).toBeLessThan(0.7);
    expect(await readFile(join(out, 'report.html'), 'utf8')).toContain('outside the clock of the race');
  });

  it.each([
    ['uniform,semiHardMining,hardMining', 'semiHardMining'],
    ['uniform,hardestPairs', 'hardestPairs'],
  ])('races %s for an embedding, by the error of the nearest neighbour', async (methods, best) => {
    const out = join(scratch, methods);
    const few = ['--samples', '600', '--test-samples', '200', '--batch-size', '60', '--seconds', '1', '--quiet'];
    const { code, out: text } = await run(['race', '--methods', methods, ...few, '--out', out]);
    expect(code).toBe(0);
    expect(text).toMatch(/Test error: of the nearest neighbour/);
    const record = await readRecord(out);
    expect(record.config.trainLoss).toMatch(/of random (triplets|pairs), margin 1, over 600/);
    expect(record.methods.map(({ name, result }) => [name, result?.failed])).toEqual(
      methods.split(',').map((name) => [name, undefined]),
    );
    // Nine of ten neighbours are of another class by chance; hard mining alone may collapse.
    expect(record.methods.find(({ name }) => name === best)?.points.at(-1)?.testError).toBeLessThan(0.6);
  });

  it('races every method that trains a classifier', { timeout: 120_000 }, async () => {
    const names = registry.filter(({ embedding }) => embedding === undefined).map(({ name }) => name);
    const few = ['--samples', '300', '--test-samples', '50', '--batch-size', '10', '--engine', 'compiled'];
    const command = ['race', '--methods', names.join(','), ...few, '--seconds', '0.05', '--json', '--quiet'];
    const { code, out: text } = await run([...command, '--out', join(scratch, 'all')]);
    expect(code).toBe(0);
    const { results } = JSON.parse(text) as { results: { method: string; steps: number; failed?: string }[] };
    expect(results.map(({ method }) => method)).toEqual(names);
    expect(results.filter(({ failed }) => failed !== undefined)).toEqual([]);
    expect(results.find(({ method }) => method === 'rhoLoss')?.steps).toBeGreaterThan(0);
  });

  it('races uniform alone at every rate of the grid with --tune', async () => {
    const { code, out } = await run([
      'race',
      '--tune',
      ...small,
      '--seconds',
      '0.2',
      '--json',
      '--quiet',
      '--out',
      join(scratch, 'd'),
    ]);
    expect(code).toBe(0);
    const { results } = JSON.parse(out);
    expect(results).toHaveLength(5);
    expect(results[0]).toMatchObject({ method: 'uniform, rate 0.0125', importanceShare: 0 });
    const rates = (await readEvents(join(scratch, 'd'))).events.flatMap((event) =>
      event.type === 'step' ? [event.learningRate] : [],
    );
    expect(Math.max(...rates)).toBeCloseTo(0.2, 6);
  });

  it('repeats for several seeds in one folder, and goes on with them after Ctrl-C', { timeout: 60_000 }, async () => {
    const out = join(scratch, 'seeds');
    const few = ['--samples', '400', '--test-samples', '100', '--batch-size', '20', '--seconds', '0.3'];
    const command = ['race', '--methods', 'uniform,paper2018', ...few, '--seeds', '3', '--out', out];
    const controller = new AbortController();
    const metrics = join(out, 'metrics.ndjson');
    const racing = run(command, controller.signal);
    while (!(existsSync(metrics) && /"seed":2,?.*"point"|"point".*"seed":2/.test(readFileSync(metrics, 'utf8'))))
      await turn();
    controller.abort();
    const stopped = await racing;
    expect(stopped.code).toBe(130);
    expect(stopped.err).toMatch(/seed 1, 1 of 3\n(.*\n)*seed 2, 2 of 3\n/);
    expect(stopped.out).toMatch(/Go on with: unequal race .*--seeds 3 .*--out /);
    const first = (await readRecord(out)).seeds;
    expect(first.map(({ seed }) => seed)).toEqual([1]);

    const { code, out: text, err } = await run([...command, '--json']);
    expect(code).toBe(0);
    expect(err).toMatch(/seed 1, 1 of 3: in the folder already\nseed 2, 2 of 3\n/);
    const { end, config, seeds, results } = JSON.parse(text);
    expect([end, config.seeds, config.engine]).toEqual(['done', [1, 2, 3], 'compiled']);
    expect(seeds.rows[1]).toMatchObject({ method: 'paper2018', trainLoss: { value: { n: 3 }, ratio: { n: 3 } } });
    expect(seeds.each.map(({ seed }: { seed: number }) => seed)).toEqual([1, 2, 3]);
    expect(seeds.each[0].results).toEqual(results);
    const record = await readRecord(out);
    expect(record.seeds[0]).toEqual(first[0]);
    // Nothing of the seed that was stopped is left: every curve begins once.
    for (const { methods } of record.seeds) {
      for (const { points } of methods) expect(points.filter(({ step }) => step === 0)).toHaveLength(1);
    }
    const page = await readFile(join(out, 'report.html'), 'utf8');
    expect(page).toContain('Seed 1 alone');
    expect((await run(['report', out])).out).toMatch(/Means over 3 seeds/);

    const other = await run([...command, '--presample', '2']);
    expect(other.code).toBe(1);
    expect(other.err).toMatch(/is of another race: got presample undefined, expected 2, give --out a new folder/);
    const alone = await run([...command.filter((word) => word !== '--seeds' && word !== '3')]);
    expect(alone.err).toMatch(/is not empty/);
  });
});
