import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { subset } from '../../src/data/subset.ts';
import { ablation } from '../../src/experiments/ablation.ts';
import { finetuning } from '../../src/experiments/finetuning.ts';
import { imageClassification } from '../../src/experiments/image-classification.ts';
import { experiments } from '../../src/experiments/index.ts';
import type { RaceSetting } from '../../src/experiments/race-experiment.ts';
import { redundancy } from '../../src/experiments/redundancy.ts';
import { sequence } from '../../src/experiments/sequence.ts';
import { race, uniform } from '../../src/index.ts';

/** A step or two of uniform on the data of a setting, with its own model. */
async function aLittle(experiment: { settings: typeof sequence.settings }, name: string) {
  const setting = experiment.settings('small').find((setting) => setting.name === name) as RaceSetting;
  const { train, test, makeModel } = await setting.load(1);
  const few = (length: number) => Int32Array.from({ length }, (_, i) => i);
  const [curve] = await race(makeModel, subset(train, few(2 * setting.batchSize)), [uniform()], {
    seconds: 0.001,
    batchSize: setting.batchSize,
    test: subset(test, few(8)),
    trainPart: 8,
    schedule: setting.schedule?.factor,
    engine: 'compiled',
  });
  expect(curve.failed).toBeUndefined();
  expect(curve.steps).toBeGreaterThan(0);
  for (const { trainLoss, testError } of curve.points) {
    expect(trainLoss).toBeGreaterThan(0);
    expect(testError).toBeGreaterThanOrEqual(0);
  }
  return curve;
}

/** Fetching a set takes minutes: those are tried that UNEQUAL_DATA has. */
const has = (...names: string[]) =>
  names.every((name) => existsSync(join(process.env.UNEQUAL_DATA ?? '/nowhere', name)));

test('a digit as 16 blocks is read by the LSTM', () => aLittle(sequence, '16-steps'));
test('the digits of the ablation train', () => aLittle(ablation, 'mnist'));
test('rare digits train', () => aLittle(redundancy, 'rare-digits'));

test.runIf(has('spam-assassin'))('spam trains', () => aLittle(redundancy, 'spam'));
test.runIf(has('cifar-10'))('cats and dogs train', () => aLittle(redundancy, 'cats-and-dogs'));
test.runIf(has('cifar-10'))('part of CIFAR-10 trains', () => aLittle(imageClassification, 'cifar-10'));
test.runIf(has('cifar-100'))('part of CIFAR-100 trains', () => aLittle(imageClassification, 'cifar-100'));
test.runIf(has('scene-15', 'mobilenet-v1-0.25'))('scenes are fine-tuned', () => aLittle(finetuning, 'scene-15'));

test('all of CIFAR-10 is one of the settings', () => {
  const all = imageClassification.settings('small').find(({ name }) => name === 'cifar-10-all');
  expect(all?.title).toMatch(/all 50,000 images/);
});

test('the ablation has five tasks, and every variant of importance() trains', async () => {
  const tasks = ablation.settings('small');
  expect(tasks.map(({ name }) => name)).toEqual(['mnist', 'cifar-10', 'permuted-mnist', 'finetuning', 'redundant']);
  const [{ load, methods, batchSize }] = tasks;
  const { train, makeModel } = await load(1);
  const few = Int32Array.from({ length: 8 * batchSize }, (_, i) => i);
  const curves = await race(makeModel, subset(train, few), methods(), { seconds: 0.1, batchSize, trainPart: 8 });
  expect(curves.map(({ failed }) => failed).filter(Boolean)).toEqual([]);
  expect(curves.every(({ steps }) => steps > 0)).toBe(true);
});

test('every method named by the paper or tried at other rates is one that races', () => {
  for (const { settings } of [sequence, ablation, redundancy, imageClassification, finetuning]) {
    for (const scale of ['small', 'paper'] as const) {
      for (const { methods, paper = {}, rates, sooner } of settings(scale)) {
        const names = methods().map(({ name }) => name);
        expect(new Set(names).size).toBe(names.length);
        for (const name of [...(rates?.methods ?? []), ...(sooner?.methods ?? [])]) expect(names).toContain(name);
        if (names.length > 4) for (const name of Object.keys(paper)) expect(names).toContain(name);
      }
    }
  }
});

test('parts have keys of their own', () => {
  for (const experiment of experiments) {
    for (const scale of ['small', 'paper'] as const) {
      const parts = experiment.parts({ scale, budget: 1, seeds: [1, 2, 3] });
      const keys = parts.map(({ key }) => key);
      // A list of them has commas, a command line spaces.
      for (const { setting = '' } of parts) expect(setting).toMatch(/^[\w.-]*$/);
      expect(new Set(keys).size).toBe(keys.length);
    }
  }
});
