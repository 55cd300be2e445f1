import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { saveNet } from '../support/saved-net.ts';
import { run } from './run.ts';

let scratch: string;
let model: string;
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'unequal-advise-'));
  await saveNet(join(scratch, 'net'));
  model = join(scratch, 'net', 'model.json');
});
afterAll(() => rm(scratch, { recursive: true, force: true }));

const command = (...more: string[]) => [
  ...['advise', '--model', model, '--data', 'mnist', '--samples', '400', '--batch-size', '20', '--seconds', '2'],
  ...more,
];

describe('unequal advise', () => {
  it('prints a table, reasons and the line to go on with', async () => {
    const { code, out, err } = await run(command('--learning-rate', '0.02'));
    expect(code).toBe(0);
    expect(err).toMatch(/^Compiling/);
    expect(err).toMatch(/uniform: [\d,]+ steps, loss/);
    for (const name of ['uniform', 'importance', 'importance, fresh']) expect(out).toContain(`\n${name}  `);
    expect(out).toMatch(/\n(Importance sampling (pays|does not pay)|It cannot be told)/);
    expect(out).toMatch(
      /\nTrain with {2}unequal train --model \S+ --data mnist --optimizer momentum --learning-rate 0.02 --loss categoricalCrossentropy --batch-size 20 --samples 400 --method (uniform|importance)/,
    );
    expect(out).toMatch(/\nor {10}await fit\(model, samples, \{ batchSize: 20, method: .*\}\);\n$/);
  });

  it('prints one JSON object', async () => {
    const { code, out, err } = await run(command('--json', '--quiet'));
    expect([code, err]).toEqual([0, '']);
    const advice = JSON.parse(out);
    expect(advice.arguments).toMatchObject({ data: 'mnist', batchSize: 20, seconds: 2 });
    expect(advice.candidates.map(({ name }: { name: string }) => name)).toEqual([
      ...['uniform', 'importance', 'importance, fresh'],
    ]);
    expect(typeof advice.pays).toBe('boolean');
    expect(advice.method.name).toMatch(/^(uniform|importance)$/);
    expect(advice.reasons.length).toBeGreaterThan(2);
  });

  it('says at Ctrl-C what is known by then', async () => {
    const { code, out } = await run(command('--seconds', '60', '--quiet'), AbortSignal.abort());
    expect(code).toBe(130);
    expect(out).toContain('It was stopped after');
  });

  it('says what is wrong', async () => {
    expect(await run(command('--seconds', '0'))).toMatchObject({
      code: 2,
      err: expect.stringContaining('a number > 0'),
    });
    expect(await run(command('--model', 'small-cn'))).toMatchObject({ code: 1 });
    expect(await run(command('--method', 'svrg'))).toMatchObject({ code: 2 });
  });
});
