import { setTimeout } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect, it } from 'vitest';
import { Costs } from '../../src/decision/index.ts';
import { ShuffledSource } from '../../src/fit/source.ts';
import { EagerLearner } from '../../src/learner/eager.ts';
import type { Method } from '../../src/methods/method.ts';
import { weightedStep } from '../../src/methods/method.ts';
import { registry } from '../../src/methods/registry.ts';
import { Random } from '../../src/sampling/random.ts';
import { cases, tinyModel, tinyProvider } from '../conformance/harness.ts';

beforeAll(() => tf.setBackend('cpu'));

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

const length = 1_000_000;

/** Bytes of all arrays, once what is free has been given back, which another thread does. */
async function bytesKept(): Promise<number> {
  let [last, now] = [-1, 0];
  while (now !== last) {
    last = now;
    collect();
    await setTimeout(30);
    now = process.memoryUsage().arrayBuffers;
  }
  return now;
}

/** Bytes of the arrays that a run of the method keeps for a million samples, per sample. */
async function bytesPerSample(method: Method): Promise<number> {
  const model = tinyModel();
  const context = {
    learner: new EagerLearner(model),
    source: new ShuffledSource(tinyProvider(model, 40), null),
    random: new Random(1),
    costs: new Costs(),
    batchSize: 8,
    length,
    progress: () => 0,
    epoch: () => 0,
    seconds: () => 0,
  };
  const before = await bytesKept();
  const run = { sampler: method.sampler(context), update: (method.update ?? weightedStep)(context) };
  // Some take their arrays before the first step; saga would fetch samples, of which there are but forty.
  if (method.name !== 'saga') await run.update.prepare?.();
  const bytes = (await bytesKept()) - before;
  // Still in use, so that it has not been freed.
  expect([run.sampler.draw, run.update.step].every((part) => typeof part === 'function')).toBe(true);
  model.dispose();
  return bytes / length;
}

it.each(registry)('$name keeps $bytesPerSample bytes a sample', async ({ name, bytesPerSample: said }) => {
  const measured = [];
  for (const { of, name: variant, method } of cases) {
    // Of as many irreducible losses as there are samples the caller makes the array; those of a model are kept.
    if (of === name && variant !== 'rhoLoss') measured.push(await bytesPerSample(method()));
  }
  expect(Math.abs(Math.max(...measured) - said), `${measured}`).toBeLessThan(0.5);
  expect(Math.max(...measured)).toBeLessThanOrEqual(16.1);
});
