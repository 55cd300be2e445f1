import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { UnequalError } from '../../src/errors.ts';
import { fit } from '../../src/fit/fit.ts';
import { hardMining, semiHardMining } from '../../src/methods/mining/hard-mining.ts';
import { hardestPairs } from '../../src/methods/mining/hardest-pairs.ts';
import { labelsOf } from '../../src/methods/mining/labels.ts';
import {
  checkClasses,
  hardTriplets,
  randomTriplets,
  semiHardTriplets,
  type Triplets,
} from '../../src/methods/mining/mining.ts';
import { pairLoss, tripletLoss } from '../../src/methods/mining/triplet-loss.ts';
import { Random } from '../../src/sampling/random.ts';

beforeAll(() => tf.setBackend('cpu'));

const list = ({ anchors, positives, negatives }: Triplets) =>
  Array.from(anchors, (a, k) => [a, positives[k], negatives[k]]);

describe('on a line: classes 0 at 0 and 1, classes 1 at 1.2 and 2, class 2 at 5', () => {
  // Squared distances: 01: 1, 02: 1.44, 03: 4, 04: 25, 12: 0.04, 13: 1, 14: 16, 23: 0.64, 24: 14.44, 34: 9.
  const batch = { values: [0, 1, 1.2, 2, 5], width: 1, labels: [0, 0, 1, 1, 2] };

  it('semi-hard: negatives farther than the positive by less than the margin, the nearest of them', () => {
    // a0 p1 (1): n2 at 1.44 within 1.5, n3 at 4 not. a1 p0 (1): n2 at 0.04 and n3 at 1 are no farther, n4 too far.
    // a2 p3 (0.64): n0 at 1.44, n1 at 0.04 too near. a3 p2 (0.64): n1 at 1, n0 at 4 too far.
    expect(list(semiHardTriplets(batch, 0.5))).toEqual([
      [0, 1, 2],
      [3, 2, 1],
    ]);
    expect(list(semiHardTriplets(batch, 1))).toEqual([
      [0, 1, 2],
      [2, 3, 0],
      [3, 2, 1],
    ]);
    expect(list(semiHardTriplets(batch, 100))).toEqual([
      [0, 1, 2],
      [1, 0, 4],
      [2, 3, 0],
      [3, 2, 1],
    ]);
  });

  it('hard: the farthest positive and the nearest negative of each anchor that has a positive', () => {
    expect(list(hardTriplets(batch))).toEqual([
      [0, 1, 2],
      [1, 0, 2],
      [2, 3, 1],
      [3, 2, 1],
    ]);
  });

  it('hard takes the farthest of several positives', () => {
    const three = { values: [0, 1, 3, 2], width: 1, labels: [0, 0, 0, 1] };
    expect(list(hardTriplets(three))).toEqual([
      [0, 2, 3],
      [1, 2, 3],
      [2, 0, 3],
    ]);
  });
});

it('agrees with the definition written out over all triples, on random batches', () => {
  const random = new Random(4);
  for (let trial = 0; trial < 20; trial++) {
    const n = 12;
    const values = Array.from({ length: 2 * n }, () => random.normal());
    const labels = Array.from({ length: n }, () => random.integer(3));
    const d = (i: number, j: number) =>
      (values[2 * i] - values[2 * j]) ** 2 + (values[2 * i + 1] - values[2 * j + 1]) ** 2;
    const margin = 0.4;
    const triples: number[][] = [];
    for (let a = 0; a < n; a++)
      for (let p = 0; p < n; p++) {
        if (a === p || labels[a] !== labels[p]) continue;
        const negatives = labels
          .map((_, j) => j)
          .filter((j) => labels[j] !== labels[a] && d(a, j) > d(a, p) && d(a, j) < d(a, p) + margin)
          .sort((i, j) => d(a, i) - d(a, j));
        if (negatives.length > 0) triples.push([a, p, negatives[0]]);
      }
    expect(list(semiHardTriplets({ values, width: 2, labels }, margin))).toEqual(triples);
  }
});

it('random triplets are triplets, and every one comes', () => {
  const labels = [0, 1, 0, 1, 2];
  const seen = new Set(
    list(randomTriplets(labels, 600, new Random(1))).map(([a, p, n]) => {
      expect(a !== p && labels[a] === labels[p] && labels[a] !== labels[n]).toBe(true);
      return `${a}${p}${n}`;
    }),
  );
  expect(seen.size).toBe(4 * 1 * 3);
});

describe('losses', () => {
  // Embeddings of two triplets, a | p | n, with the squared distances 1, 4 and 4, 1.
  const embeddings = () => tf.tensor2d([0, 10, 1, 12, 2, 11], [6, 1]);
  const oneHot = (labels: number[], classes = 3) => tf.oneHot(tf.tensor1d(labels, 'int32'), classes).toFloat();

  it('tripletLoss: [‖a − p‖² − ‖a − n‖² + margin]₊ for each row of a triplet', () => {
    for (const labels of [oneHot([0, 1, 0, 1, 2, 0]), tf.tensor2d([0, 1, 0, 1, 2, 0], [6, 1])]) {
      const losses = tripletLoss({ margin: 0.5 })(labels, embeddings()).dataSync();
      expect(Array.from(losses)).toEqual([0, 3.5, 0, 3.5, 0, 3.5]);
    }
  });

  it('tripletLoss: the mean over the rows is the mean over the triplets, whatever else is in the batch', () => {
    // The first triple is none: its positive is of another class. A seventh row belongs to no triple.
    const labels = oneHot([0, 1, 1, 1, 2, 0, 0]);
    const losses = tripletLoss({ margin: 0.5 })(
      labels,
      tf.concat([embeddings(), tf.zeros([1, 1])]),
    ).dataSync<'float32'>();
    expect(losses.reduce((sum, loss) => sum + loss / 7, 0)).toBeCloseTo(3.5, 5);
    expect(losses[0]).toBe(0);
    expect(losses[6]).toBe(0);
    expect(tripletLoss()(oneHot([0, 0, 0]), tf.zeros([3, 2])).dataSync()).toEqual(new Float32Array(3));
  });

  it('pairLoss: the distance of a class, [margin − distance]₊ of two', () => {
    const x = tf.tensor2d([0, 0, 0, 3, 2, 0.25], [6, 1]);
    const losses = pairLoss({ margin: 1 })(oneHot([0, 1, 2, 0, 0, 0]), x).dataSync();
    // Pairs (0, 3) of a class at 3, (1, 4) at 2, (2, 5) at 0.25.
    for (const [k, expected] of [3, 0, 0.75, 3, 0, 0.75].entries()) expect(losses[k]).toBeCloseTo(expected, 5);
  });

  it('pairLoss has a gradient where the two samples of a pair coincide', () => {
    const labels = oneHot([0, 0]);
    const gradient = tf
      .grad((x: tf.Tensor) => tf.mean(pairLoss()(labels, x)))(tf.ones([2, 2]))
      .dataSync();
    expect(gradient.every(Number.isFinite)).toBe(true);
  });

  it('refuse what cannot be compared', () => {
    expect(() => tripletLoss({ margin: 0 })).toThrow(UnequalError);
    expect(() => tripletLoss()(oneHot([0, 1]), tf.zeros([2, 2]))).toThrow(/too few samples/);
    expect(() => tripletLoss()(oneHot([0, 1, 2]), tf.zeros([3, 2, 2]))).toThrow(/embedding/);
    expect(() => checkClasses([1, 1, 1])).toThrow(/classes/);
    expect(() => checkClasses([0, 1, 2])).toThrow(/classes/);
    expect(() => checkClasses([0, 1, 1])).not.toThrow();
  });
});

describe('training', () => {
  const model = (loss: (y: tf.Tensor, z: tf.Tensor) => tf.Tensor) => {
    const layers = [tf.layers.dense({ units: 2, inputShape: [3] })];
    const made = tf.sequential({ layers });
    made.compile({ optimizer: tf.train.sgd(0.05), loss });
    return made;
  };
  const x = tf.randomNormal([24, 3], 0, 1, 'float32', 5);
  const classes = Array.from({ length: 24 }, (_, i) => i % 3);
  const y = tf.tensor2d(classes, [24, 1]);
  const args = { batchSize: 9, verbose: 0, seed: 1, engine: 'eager' } as const;

  it.each([semiHardMining({ presample: 2 }), hardMining({ presample: 2 })])(
    '$name trains on [anchors | positives | negatives]',
    async (method) => {
      await fit(model(tripletLoss()), x, y, {
        ...{ ...args, epochs: 2, method },
        onStep: ({ indices, losses, size }) => {
          const t = size / 3;
          for (let k = 0; k < t; k++) {
            const [a, p, n] = [indices[k], indices[t + k], indices[2 * t + k]];
            expect(a !== p && classes[a] === classes[p] && classes[a] !== classes[n]).toBe(true);
            expect(losses[t + k]).toBe(losses[k]);
          }
        },
      });
    },
  );

  it('hardestPairs trains on the pairs of either kind with the largest loss', async () => {
    const ratio = 5;
    await fit(model(pairLoss()), x, y, {
      ...{ ...args, batchSize: 8, epochs: 2, method: hardestPairs({ ratio }) },
      onStep: ({ indices, losses, size, scores }) => {
        const t = size / 2;
        const candidates = Array.from(scores!);
        const kinds = [candidates.slice(0, ratio * 2), candidates.slice(ratio * 2)];
        for (const [kind, own] of kinds.entries()) {
          const hardest = own.sort((a, b) => b - a).slice(0, 2);
          for (let k = 0; k < 2; k++) {
            const row = 2 * kind + k;
            expect(classes[indices[row]] === classes[indices[t + row]]).toBe(kind === 0);
            expect(losses[row]).toBeCloseTo(hardest[k], 5);
          }
        }
      },
    });
  });

  it('one class only: an error before the first step', async () => {
    const net = model(tripletLoss());
    const before = net.getWeights()[0].dataSync().slice();
    const zeros = tf.zeros([24, 1]);
    await expect(fit(net, x, zeros, { ...args, method: semiHardMining({ presample: 2 }) })).rejects.toThrow(
      /too few classes/,
    );
    await expect(fit(net, x, zeros, { ...args, method: hardestPairs() })).rejects.toThrow(/too few classes/);
    await expect(fit(net, x, y, { ...args, batchSize: 2, method: hardMining() })).rejects.toThrow(/no triplet/);
    expect(net.getWeights()[0].dataSync()).toEqual(before);
  });
});

it('labels are the largest of a row, or the number itself', () => {
  expect(labelsOf({ data: new Float32Array([0, 1, 0, 0, 0, 1]), shape: [2, 3], dtype: 'float32' })).toEqual(
    Int32Array.of(1, 2),
  );
  expect(labelsOf({ data: new Float32Array([7, 0.5, 2000]), shape: [3, 1], dtype: 'float32' })).toEqual(
    Int32Array.of(7, 0, 2000),
  );
});
