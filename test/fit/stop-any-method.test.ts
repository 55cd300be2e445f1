/** Every method, and what is put around training: a run that was stopped ends as if it had not been. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { CSVLogger } from '../../src/fit/csv-logger.ts';
import { EarlyStopping } from '../../src/fit/early-stopping.ts';
import { fit } from '../../src/fit/fit.ts';
import { ModelCheckpoint } from '../../src/fit/model-checkpoint.ts';
import type { FitArgs } from '../../src/fit/options.ts';
import { ReduceLROnPlateau } from '../../src/fit/reduce-lr-on-plateau.ts';
import { loadModel } from '../../src/fit/stored.ts';
import { importance } from '../../src/methods/importance/importance.ts';
import { averaged } from '../../src/optimizers/averaged.ts';
import { killable } from '../campaign/killable.ts';
import { model, train } from '../campaign/small-run.ts';
import { classifier, digits, values } from '../support/small.ts';

let folder: string;
beforeAll(async () => {
  await tf.setBackend('cpu');
  folder = mkdtempSync(join(tmpdir(), 'unequal-stop-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Stops a run after so many steps. */
function after(steps: number): Pick<FitArgs, 'signal' | 'onStep'> {
  const controller = new AbortController();
  const onStep = () => {
    if (--steps === 0) controller.abort();
  };
  return { signal: controller.signal, onStep };
}

// Nine steps: three an epoch, the last of an epoch smaller.
it.each(Object.entries(killable))('%s', async (name, { method, optimizer, callbacks }) => {
  const args = () => ({ method: method(), callbacks: callbacks?.() });
  const whole = await train(model(optimizer?.()), args());
  for (const [steps, every] of [
    [1, 1],
    [3, undefined],
    [5, 2],
    [8, undefined],
  ] as const) {
    const checkpoint = { path: join(folder, `${name} ${steps}`), every };
    await train(model(optimizer?.()), { ...args(), checkpoint, ...after(steps) });
    const ended = await train(model(optimizer?.()), { ...args(), resume: checkpoint.path });
    expect(ended, `after ${steps} steps`).toBe(whole);
  }
});

it('what callbacks write is what it would have been', async () => {
  const { x, y } = digits(30);
  const run = async (name: string, more: Partial<FitArgs> = {}) => {
    const [csv, best] = [join(folder, `${name}.csv`), join(folder, `${name} best`)];
    const trained = classifier(averaged(tf.train.momentum(0.3, 0.9), { decay: 0.5 }));
    const { history } = await fit(trained, x, y, {
      ...{ engine: 'eager', verbose: 0, batchSize: 8, epochs: 6, validationSplit: 0.25, seed: 4 },
      method: importance({ start: 1.05, presample: 2 }),
      callbacks: [
        new CSVLogger(csv),
        new ModelCheckpoint(best, { monitor: 'val_loss' }),
        new ReduceLROnPlateau({ patience: 1, factor: 0.5 }),
        new EarlyStopping({ patience: 4, restoreBestWeights: true }),
      ],
      ...more,
    });
    return [history, values(trained), readFileSync(csv, 'utf8'), values(await loadModel(best))];
  };
  const whole = await run('whole');
  for (let steps = 1; steps < 18; steps += 2) {
    const checkpoint = { path: join(folder, `stopped ${steps}`), every: steps % 4 === 1 ? 1 : undefined };
    // What it has written when it stops is written on by the one that goes on.
    await run(`run ${steps}`, { checkpoint, ...after(steps) }).catch(() => {});
    expect(await run(`run ${steps}`, { resume: checkpoint.path }), `after ${steps} steps`).toEqual(whole);
  }
});
