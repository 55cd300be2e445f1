import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CSVLogger } from '../../src/fit/csv-logger.ts';
import { fit } from '../../src/fit/fit.ts';
import { logger } from '../../src/fit/logger.ts';
import { ModelCheckpoint } from '../../src/fit/model-checkpoint.ts';
import { ReduceLROnPlateau } from '../../src/fit/reduce-lr-on-plateau.ts';
import { loadModel, readCheckpoint, saveModel } from '../../src/fit/stored.ts';
import { learningRateOf } from '../../src/learner/optimizer.ts';
import { oneCycle, warmUp } from '../../src/methods/schedule.ts';
import { uniform } from '../../src/methods/uniform.ts';
import { classifier, digits, values } from '../support/small.ts';

const { x, y } = digits();
let folder: string;
beforeAll(async () => {
  await tf.setBackend('cpu');
  folder = await mkdtemp(join(tmpdir(), 'unequal-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe.each(['eager', 'compiled'] as const)('%s', (engine) => {
  const args = { engine, method: uniform(), batchSize: 10, seed: 1, verbose: 0, validationSplit: 0.3 } as const;

  it('ModelCheckpoint keeps the best epoch alone', async () => {
    const path = join(folder, `best-${engine}`);
    const model = classifier(tf.train.momentum(0.5, 0.9));
    const seen: { loss: number; weights: number[][] }[] = [];
    const spy = {
      onEpochEnd: async (_: number, logs?: tf.Logs) => {
        seen.push({ loss: logs!.val_loss, weights: values(model) });
      },
    };
    await fit(model, x, y, { ...args, epochs: 12, callbacks: [new ModelCheckpoint(path), spy] });
    const best = seen.reduce((a, b) => (b.loss < a.loss ? b : a));
    // It must have been worse since, or the last epoch would be as good an answer.
    expect(best).not.toBe(seen.at(-1));
    expect(values(await loadModel(path))).toEqual(best.weights);
  });

  it('ReduceLROnPlateau lowers the rate as the rule says, and goes on from a checkpoint', async () => {
    const path = join(folder, `plateau-${engine}`);
    const run = async (epochs: number, more = {}) => {
      const model = classifier(tf.train.momentum(0.5, 0.9));
      const rates: number[] = [];
      const spy = { onEpochEnd: async () => void rates.push(learningRateOf(model.optimizer)) };
      const plateau = new ReduceLROnPlateau({ factor: 0.5, patience: 2, minLr: 0.1 });
      const { history } = await fit(model, x, y, { ...args, epochs, callbacks: [plateau, spy], ...more });
      return { rates, losses: history.val_loss as number[], weights: values(model) };
    };
    const whole = await run(14);
    let [best, wait, rate] = [Infinity, 0, 0.5];
    for (const [k, loss] of whole.losses.entries()) {
      if (loss < best - 1e-4) [best, wait] = [loss, 0];
      else if (++wait >= 2 && rate > 0.1) [rate, wait] = [Math.max(0.1, rate / 2), 0];
      expect(whole.rates[k]).toBeCloseTo(rate, 6);
    }
    expect(rate).toBeLessThan(0.5);
    await run(7, { checkpoint: { path } });
    const resumed = await run(14, { resume: path });
    expect(resumed.weights).toEqual(whole.weights);
    expect(resumed.rates).toEqual(whole.rates.slice(7));
    expect(await readCheckpoint(path)).toHaveProperty('trainer');
  });

  it('CSVLogger writes what history holds, also across a resumed run', async () => {
    const [path, checkpoint] = [join(folder, `${engine}.csv`), join(folder, `csv-${engine}`)];
    await fit(classifier(), x, y, {
      ...args,
      epochs: 2,
      callbacks: [new CSVLogger(path)],
      checkpoint: { path: checkpoint },
    });
    const { history } = await fit(classifier(), x, y, {
      ...{ ...args, epochs: 4, callbacks: [new CSVLogger(path)], resume: checkpoint },
    });
    const [head, ...lines] = (await readFile(path, 'utf8')).trimEnd().split('\n');
    const names = head.split(',');
    expect(lines).toHaveLength(4);
    for (const [k, line] of lines.entries()) {
      const cells = line.split(',').map(Number);
      expect(cells[0]).toBe(k);
      expect(cells[names.indexOf('val_loss')]).toBe(history.val_loss[k]);
    }
  });
});

it('a logger is told of begin, epochs and end', async () => {
  const told: unknown[] = [];
  const to = {
    begin: () => void told.push('begin'),
    log: (_: object, k: number) => void told.push(k),
    end: () => void told.push('end'),
  };
  await fit(classifier(), x, y, { epochs: 2, verbose: 0, engine: 'eager', callbacks: [logger(to)] });
  expect(told).toEqual(['begin', 0, 1, 'end']);
});

it('what is no logger is refused at once', () => {
  for (const to of [undefined, () => {}, 'wandb']) expect(() => logger(to as never)).toThrow(/^no logger: got/);
  expect(() => logger({ logs: () => {} } as never)).toThrow(/^no logger: bad log: got nothing, expected \{ log/);
});

it('a model or a path that is left out is named', async () => {
  await expect(loadModel(undefined as never)).rejects.toThrow(/^bad path of loadModel: got nothing/);
  await expect(saveModel(classifier(), undefined as never)).rejects.toThrow(/^bad path of saveModel: got nothing/);
  await expect(saveModel('x' as never, 'y')).rejects.toThrow(/^no model to save: got x/);
});

it('saves and loads a model', async () => {
  const model = classifier();
  await saveModel(model, join(folder, 'model'));
  expect(values(await loadModel(join(folder, 'model', 'model.json')))).toEqual(values(model));
  await expect(loadModel(join(folder, 'nowhere'))).rejects.toThrow('there is no file or folder');
});

it('says what is missing to monitor', async () => {
  const run = fit(classifier(), x, y, {
    verbose: 0,
    engine: 'eager',
    callbacks: [new ModelCheckpoint(join(folder, 'm'))],
  });
  await expect(run).rejects.toThrow('give validationData or validationSplit');
});

it('warm-up and one cycle are their formulas', () => {
  const warm = warmUp(0.1, (p) => 1 - p);
  for (const [at, factor] of [
    [0, 0.01],
    [0.05, 0.5],
    [0.1, 1],
    [0.55, 0.5],
    [1, 0],
  ])
    expect(warm(at)).toBeCloseTo(factor, 10);
  const cycle = oneCycle({ peak: 0.25, from: 10, to: 100 });
  for (const [at, factor] of [
    [0, 0.1],
    [0.125, 0.55],
    [0.25, 1],
    [0.625, 0.5005],
    [1, 0.001],
  ])
    expect(cycle(at)).toBeCloseTo(factor, 10);
});
