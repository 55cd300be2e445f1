import * as tf from '@tensorflow/tfjs';
import type { Samples } from '../../src/data/samples.ts';
import { Random } from '../../src/sampling/random.ts';

/** A batch of so many sequences, each of so many steps of 2 numbers. */
export type Shape = readonly [size: number, length: number];

/** Batches whose sequences have other lengths, and of other sizes. */
export const shapes: readonly Shape[] = [
  [4, 5],
  [4, 5],
  [3, 5],
  [4, 2],
  [6, 2],
  [1, 7],
  [4, 3],
  [4, 5],
];

interface Sequences {
  readonly x: number[][][];
  /** The class of each sequence, one-hot, and of each of its steps. */
  readonly y: number[][];
  readonly steps: number[][][];
}

function sequences([size, length]: Shape, random: Random): Sequences {
  const made: Sequences = { x: [], y: [], steps: [] };
  for (let i = 0; i < size; i++) {
    const kind = i % 2;
    made.x.push(Array.from({ length }, () => [random.normal() + kind, random.normal() - kind]));
    made.y.push([1 - kind, kind]);
    made.steps.push(made.x[i].map(([a, b]) => (a > b ? [0, 1] : [1, 0])));
  }
  return made;
}

/** A stream of them, the same in every pass; with `tags` the targets have the lengths of the sequences. */
export function sequenceStream(given: readonly Shape[] = shapes, tags = false) {
  return tf.data.generator(function* () {
    const random = new Random(5);
    for (const shape of given) {
      const { x, y, steps } = sequences(shape, random);
      yield { xs: tf.tensor3d(x), ys: tags ? tf.tensor3d(steps) : tf.tensor2d(y) };
    }
  });
}

/** `n` sequences of 3 to 6 steps; a batch of them is padded with zeros to its longest. */
export function paddedSequences(n: number): Samples {
  const random = new Random(6);
  const all = Array.from({ length: n }, (_, i) => {
    const { x } = sequences([1 + (i % 2), 3 + random.integer(4)], random);
    return x.at(-1)!;
  });
  return {
    length: n,
    batch: (indices) => {
      const rows = Array.from(indices, (i) => all[i]);
      const longest = Math.max(...rows.map(({ length }) => length));
      const data = rows.map((row) => Array.from({ length: longest }, (_, t) => row[t] ?? [0, 0]));
      const labels = Array.from(indices, (i) => (i % 2 === 0 ? [1, 0] : [0, 1]));
      return {
        xs: { data: Float32Array.from(data.flat(2)), shape: [rows.length, longest, 2], dtype: 'float32' },
        ys: { data: Float32Array.from(labels.flat()), shape: [rows.length, 2], dtype: 'float32' },
      };
    },
  };
}

/** A recurrent net for them, the same each time; with `tags` it has an output for each step. */
export function recurrent(tags = false, loss: unknown = 'categoricalCrossentropy'): tf.LayersModel {
  const init = (seed: number) => tf.initializers.glorotNormal({ seed });
  const recurrentInitializer = init(2);
  const named = typeof loss === 'string';
  const model = tf.sequential({
    layers: [
      tf.layers.simpleRNN({
        ...{ units: 4, inputShape: [null, 2], returnSequences: tags },
        ...{ kernelInitializer: init(1), recurrentInitializer },
      }),
      tf.layers.dense({ units: 2, activation: named ? 'softmax' : 'linear', kernelInitializer: init(3) }),
    ],
  });
  model.compile({ optimizer: tf.train.sgd(0.2), loss: loss as string, metrics: named ? ['accuracy'] : [] });
  return model;
}
