import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { EagerLearner } from '../../src/learner/eager.ts';
import { smoothed } from '../../src/methods/importance/smoothed.ts';
import { rhoLoss } from '../../src/methods/selection/rho-loss.ts';
import { selectiveBackprop } from '../../src/methods/selection/selective-backprop.ts';
import { zScore } from '../support/statistics.ts';
import { cases, type Loss, TinyRun, tinyData, tinyModel, tinyProvider } from './harness.ts';

beforeAll(() => tf.setBackend('cpu'));

const n = 40;
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value / values.length, 0);

/** A model that does not move, sure of itself where it is wrong as well, so that losses differ by orders of magnitude. */
function frozen(loss?: Loss): tf.LayersModel {
  const model = tinyModel({ optimizer: tf.train.sgd(0), loss });
  const weights = model.getWeights();
  const scale = loss === undefined ? 4 : 1.5;
  model.setWeights(weights.map((weight) => tf.mul(weight, scale)));
  return model;
}

/** The mean loss of all samples; of an embedding that of all the groups of samples that count. */
async function trueLoss(loss: Loss | undefined, of: string): Promise<number> {
  const model = frozen(loss);
  const learner = new EagerLearner(model);
  const provider = tinyProvider(model, n);
  const { labels } = tinyData(n);
  const all = Array.from({ length: n }, (_, i) => i);
  const columns: [number[], number[], number[]] = [[], [], []];
  if (loss === undefined) columns[0].push(...all);
  else {
    for (const i of all) {
      for (const j of all) {
        if (i === j) continue;
        if (of === 'hardestPairs') for (const [k, row] of [i, j].entries()) columns[k].push(row);
        else if (labels[i] === labels[j]) {
          for (const q of all) {
            if (labels[q] !== labels[i]) for (const [k, row] of [i, j, q].entries()) columns[k].push(row);
          }
        }
      }
    }
  }
  const batch = await provider.batch(Int32Array.from(columns.flat()));
  return mean(Array.from(await learner.scores(batch, 'loss')));
}

/** z of the losses reported, taken together in groups, for those of neighbouring steps are not independent. */
async function deviation(run: TinyRun, truth: number, steps: number): Promise<{ z: number; ratio: number }> {
  const losses = (await run.steps(steps)).map(({ loss }) => loss);
  const groups = Array.from({ length: 20 }, (_, k) => mean(losses.slice((k * steps) / 20, ((k + 1) * steps) / 20)));
  run.dispose();
  return { z: zScore(groups, truth), ratio: mean(losses) / truth };
}

describe('what is called loss estimates the training loss, whatever is picked', () => {
  it.each(cases)('$name', async ({ name, of, method, loss }) => {
    const truth = await trueLoss(loss, of);
    const steps = name.startsWith('gradientNorm') ? 120 : 240;
    const run = new TinyRun(method(), { model: frozen(loss), budget: steps, seed: 5 });
    const { z, ratio } = await deviation(run, truth, steps);
    expect(Math.abs(ratio - 1), `reported / true = ${ratio}`).toBeLessThan(0.1);
    expect(Math.abs(z), `z of ${z}, reported / true = ${ratio}`).toBeLessThan(4);
  });

  it('also where what is picked goes by smoothed losses', async () => {
    const truth = await trueLoss(undefined, '');
    const irreducible = new Float32Array(n).fill(0.1);
    for (const method of [selectiveBackprop(), rhoLoss({ irreducible, presample: 3 })]) {
      const run = new TinyRun(smoothed({ additive: 5 }, method), { model: frozen(), budget: 200, seed: 5 });
      const { ratio } = await deviation(run, truth, 200);
      expect(Math.abs(ratio - 1), `${method.name}: ${ratio}`).toBeLessThan(0.1);
    }
  });

  it('would not pass for the mean loss of the picks', async () => {
    const truth = await trueLoss(undefined, '');
    const irreducible = new Float32Array(n).fill(0.1);
    const run = new TinyRun(rhoLoss({ irreducible, presample: 3 }), { model: frozen(), budget: 100 });
    const picked = (await run.steps(100)).map(({ losses }) => mean(Array.from(losses)));
    run.dispose();
    expect(mean(picked) / truth).toBeGreaterThan(1.5);
  });
});
