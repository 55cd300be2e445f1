/** What a run folder is worth whose run was killed, or goes on: the newest weights that it has, never those it began with. */
import { appendFileSync, cpSync, existsSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import * as tf from '@tensorflow/tfjs';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { loadModel } from '../../src/fit/stored.ts';
import { epochsIn, killed, train as runOf, table } from './killed.ts';
import { run } from './run.ts';

let scratch: string;
let data: string;
/** A run that was killed before its first checkpoint, one after a few epochs, and one that came to its end. */
let early: string;
let late: string;
let whole: string;

const train = (out: string, ...more: string[]) => runOf(data, out, ...more);

beforeAll(async () => {
  await tf.setBackend('cpu');
  scratch = await mkdtemp(join(tmpdir(), 'unequal-killed-'));
  data = table(scratch);
  const going = join(scratch, 'going');
  early = await killed(
    train(going),
    going,
    () => existsSync(join(going, 'model', 'data.json')),
    join(scratch, 'early'),
  );
  const on = join(scratch, 'on');
  late = await killed(train(on), on, () => epochsIn(on) >= 4, join(scratch, 'late'));
  whole = join(scratch, 'whole');
  expect((await run(train(whole))).code).toBe(0);
}, 120_000);
afterAll(() => rm(scratch, { recursive: true, force: true }));
afterEach(() => vi.restoreAllMocks());

const predicted = async (model: string) =>
  (await run(['predict', '--model', model, '--data', data, '--probabilities'])).out;
const weightsOf = async (model: string) => {
  const loaded = await loadModel(model);
  return loaded.getWeights().map((weight) => [...weight.dataSync()]);
};

describe('a run that was killed', () => {
  it('predicts with the weights of its checkpoint, and says so', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    const found = await Promise.all([late, join(late, 'model'), join(late, 'model', 'model.json')].map(predicted));
    expect(new Set(found).size).toBe(1);
    const [[line]] = warn.mock.calls;
    const [, epoch] = /late has not come to its end: the model of epoch (\d+) is used$/.exec(line) ?? [];
    // There is one after the first epoch, then after no less than a second.
    expect(Number(epoch)).toBeGreaterThanOrEqual(1);
    // The run of as many epochs is the oracle.
    const same = join(scratch, 'same');
    expect((await run(train(same, '--epochs', epoch))).code).toBe(0);
    expect(found[0]).toBe(await predicted(same));
    expect(await weightsOf(late)).toEqual(await weightsOf(same));
    expect(warn).toHaveBeenCalledTimes(4);
  }, 60_000);

  it.each(['advise', 'rate', 'race', 'train'])(
    '%s begins with them',
    async (command) => {
      const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
      const more = {
        advise: ['--seconds', '0.2'],
        rate: ['--steps', '20'],
        race: ['--seconds', '0.2', '--methods', 'uniform,importance', '--out', join(scratch, 'race')],
        train: ['--epochs', '1', '--out', join(scratch, 'finer')],
      }[command] as string[];
      const words = [command, '--model', late, '--data', data, '--engine', 'eager', '--quiet', ...more];
      expect((await run(words)).code).toBe(0);
      expect(
        warn.mock.calls.filter(([line]) => /late has not come to its end: the model of epoch/.test(line)),
      ).toHaveLength(1);
    },
    60_000,
  );

  it('is refused where it has none but those it began with', async () => {
    for (const words of [
      ['predict', '--model', early],
      ['train', '--model', early, '--out', join(scratch, 'never')],
      ['rate', '--model', join(early, 'model', 'model.json')],
    ]) {
      const { code, err, out } = await run([...words, '--data', data]);
      expect([code, out]).toEqual([1, '']);
      expect(err).toMatch(/early has no trained model: got one that has come neither to a checkpoint nor to its end/);
    }
    await expect(loadModel(early)).rejects.toThrow(/has no trained model/);
  });

  it('after it was resumed is that of the later checkpoint', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    const on = join(scratch, 'longer');
    cpSync(whole, on, { recursive: true });
    const resumed = ['train', '--resume', on, '--epochs', '40', '--quiet'];
    const left = await killed(resumed, on, () => epochsIn(on) >= 16, join(scratch, 'later'));
    expect(await predicted(left)).not.toBe(await predicted(whole));
    expect(warn.mock.calls.map(([line]) => /the model of epoch (1[3-9]|2\d) is used/.test(line))).toEqual([true]);
  }, 60_000);

  it('is what it was where it was stopped, or came to its end', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    const stopped = join(scratch, 'stopped');
    const controller = new AbortController();
    const going = run(train(stopped), controller.signal);
    while (epochsIn(stopped) < 3) await turn();
    controller.abort();
    expect((await going).code).toBe(130);
    for (const folder of [stopped, whole]) await predicted(folder);
    expect(warn).not.toHaveBeenCalled();
  });

  it('that failed has the model it came to, and a folder of others with files of these names is none', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    const failed = join(scratch, 'failed');
    cpSync(early, failed, { recursive: true });
    const result = { type: 'result', method: 'importance', seconds: 1, step: 1, failed: 'the loss is no number' };
    appendFileSync(join(failed, 'metrics.ndjson'), `{"type":"step"}\n${JSON.stringify(result)}\n`);
    const others = join(scratch, 'others');
    cpSync(join(early, 'model'), join(others, 'model'), { recursive: true });
    writeFileSync(join(others, 'config.json'), '{"lr":0.1}');
    writeFileSync(join(others, 'metrics.ndjson'), '{"loss":1}\n{"loss":0.5}\n');
    for (const folder of [failed, others, join(others, 'model', 'model.json')]) (await loadModel(folder)).dispose();
    expect(warn).not.toHaveBeenCalled();
  });
});
