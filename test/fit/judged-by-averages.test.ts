import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect, it } from 'vitest';
import { advise } from '../../src/advice/advise.ts';
import { arraySamples } from '../../src/data/arrays.ts';
import type { NdArray } from '../../src/data/samples.ts';
import { irreducibleLosses } from '../../src/fit/irreducible-losses.ts';
import { race } from '../../src/fit/race.ts';
import { uniform } from '../../src/methods/uniform.ts';
import { averaged } from '../../src/optimizers/averaged.ts';
import { classifier, digits, values } from '../support/small.ts';

beforeAll(() => tf.setBackend('cpu'));

const decay = 0.9;
const { x, y } = digits(120);
const validation = digits(40);
const tensor = ({ data, shape }: NdArray) => tf.tensor(data as Float32Array, shape as number[]);
const make = () => classifier(averaged(tf.train.sgd(1), { decay }));

/** The moving average of a model's weights, by hand. */
class ByHand {
  private sums: number[][] | undefined;
  private total = 0;

  add(model: tf.LayersModel): void {
    const now = values(model);
    this.sums ??= now.map((weights) => weights.map(() => 0));
    this.sums = this.sums.map((sums, k) => sums.map((sum, i) => decay * sum + (1 - decay) * now[k][i]));
    this.total = decay * this.total + 1 - decay;
  }

  /** The validation loss of a model with these weights. */
  loss(): number {
    const model = classifier();
    const weights = model.getWeights();
    model.setWeights(
      this.sums!.map((sums, k) =>
        tf.tensor(
          sums.map((sum) => sum / this.total),
          weights[k].shape,
        ),
      ),
    );
    return lossOf(model);
  }
}

const lossOf = (model: tf.LayersModel, of: { x: NdArray; y: NdArray } = validation) =>
  (model.evaluate(tensor(of.x), tensor(of.y)) as tf.Scalar[])[0].dataSync()[0];

const ticking = (step: number) => {
  let now = 0;
  return () => {
    now += step;
    return now;
  };
};

it.each(['eager', 'compiled'] as const)('race judges a model by its averages, as fit does (%s)', async (engine) => {
  const [model, hand] = [make(), new ByHand()];
  const [{ points }] = await race(() => model, arraySamples(x, y), [uniform()], {
    ...{ engine, seconds: 2, now: ticking(0.01), batchSize: 10, seed: 1 },
    test: arraySamples(validation.x, validation.y),
    trainPart: 120,
    onStep: () => hand.add(model),
  });
  expect(Math.abs(hand.loss() - lossOf(model))).toBeGreaterThan(0.005);
  expect(points.at(-1)!.testLoss).toBeCloseTo(hand.loss(), 4);
  // What was trained is still there: judging has put it back.
  expect(Math.abs(points.at(-1)!.trainLoss - lossOf(model, { x, y }))).toBeGreaterThan(1e-4);
});

it('advise judges each candidate by the averages of its own weights', async () => {
  const [model, hand] = [make(), new ByHand()];
  // What is said is the mean at the last four of twelve moments; a step ends a tick after its report.
  const moments = [9, 10, 11, 12].map((k) => k / 12 - 0.004);
  const losses: number[] = [];
  const { candidates } = await advise(model, x, y, {
    ...{ engine: 'eager', seconds: 10, now: ticking(0.01), batchSize: 10, seed: 1 },
    validationData: [validation.x, validation.y],
    onStep: (name, _, share) => {
      if (name !== 'uniform') return;
      hand.add(model);
      if (share >= moments[losses.length]) losses.push(hand.loss());
    },
  });
  expect(losses).toHaveLength(4);
  expect(candidates[0].validationLoss).toBeCloseTo(
    losses.reduce((sum, loss) => sum + loss / 4, 0),
    5,
  );
});

it('irreducible losses are those of the averages', async () => {
  const of = (optimizer: () => tf.Optimizer) =>
    irreducibleLosses(() => classifier(optimizer()), arraySamples(x, y), {
      ...{ engine: 'eager', epochs: 2, batchSize: 10, seed: 1 },
    });
  const raw = await of(() => tf.train.sgd(1));
  const far = (from: Float32Array) => Math.hypot(...Array.from(from, (loss, i) => loss - raw[i]));
  // With a decay of 0 the averages are the weights.
  expect(far(await of(() => averaged(tf.train.sgd(1), { decay: 0 })))).toBeLessThan(1e-4);
  expect(far(await of(() => averaged(tf.train.sgd(1), { decay })))).toBeGreaterThan(0.1);
});
