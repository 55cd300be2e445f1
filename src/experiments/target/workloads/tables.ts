import { readFile } from 'node:fs/promises';
import * as tf from '@tensorflow/tfjs';
import { arraySamples, permutation, type Samples, subset } from '../../../data/index.ts';
import { asTheyAre } from '../parts.ts';
import type { Workload, WorkloadData } from '../workload.ts';
import { momentum } from './compiled.ts';
import { packageFile } from './package-file.ts';

/** The example data of Vega, of which two are tables of enough rows. */
const vega = {
  npm: 'vega-datasets@3.2.1',
  bytes: 17_630_305,
  sha256: '6f72fda460a9863fae5fcb32f85bcd49e1761fdea6dc6cf9f4962472881cc5a3',
};

interface Row {
  readonly inputs: readonly number[];
  readonly target: number;
}

const regression = { measure: 'loss', optimizer: momentum } as const;

export const jobs: Workload = {
  ...regression,
  name: 'jobs',
  title:
    'How many worked in a job, by job, sex and year (7,650 rows of the US census 1850–2000): logarithm of the count, two hidden layers of 64, squared error',
  half: 'held out',
  seconds: 15,
  batchSize: 32,
  rate: 0.01,
  makeModel: (rate, seed) => regressor(255 + 1 + 15, [64, 64], rate, seed),
  load: async (few) => {
    const path = await packageFile({ ...vega, name: 'vega-jobs', path: 'data/jobs.json' });
    const rows = JSON.parse(await readFile(path, 'utf8')) as {
      job: string;
      sex: string;
      year: number;
      count: number;
    }[];
    const names = [...new Set(rows.map(({ job }) => job))];
    const years = [...new Set(rows.map(({ year }) => year))];
    const table = rows.map(({ job, sex, year, count }) => ({
      inputs: [
        ...names.map((name) => Number(name === job)),
        sex === 'men' ? 1 : -1,
        ...years.map((other) => Number(other <= year)),
      ],
      target: Math.log1p(count),
    }));
    return tableParts(table, 1000, few);
  },
};

/** Waves over the globe that a place is described by. */
const waves = [1, 2, 4, 8];

export const rain: Workload = {
  ...regression,
  name: 'rain',
  title:
    'Yearly rain at 60,480 places of the globe (longitude and latitude as sines of four wavelengths): square root, three hidden layers of 96, squared error',
  half: 'design',
  seconds: 25,
  batchSize: 64,
  rate: 0.02,
  makeModel: (rate, seed) => regressor(3 + 6 * waves.length, [96, 96, 96], rate, seed),
  load: async (few) => {
    const path = await packageFile({ ...vega, name: 'vega-rain', path: 'data/annual-precip.json' });
    const { width, height, values } = JSON.parse(await readFile(path, 'utf8')) as {
      width: number;
      height: number;
      values: number[];
    };
    const table = values.map((value, i) => {
      const longitude = (2 * Math.PI * ((i % width) + 0.5)) / width;
      // The map goes from 84° north to 84° south.
      const latitude = (Math.PI / 180) * (height / 2 - Math.floor(i / width) - 0.5);
      const place = [
        Math.cos(latitude) * Math.cos(longitude),
        Math.cos(latitude) * Math.sin(longitude),
        Math.sin(latitude),
      ];
      const sines = waves.flatMap((n) => place.flatMap((x) => [Math.sin(n * Math.PI * x), Math.cos(n * Math.PI * x)]));
      return { inputs: [...place, ...sines], target: Math.sqrt(value) };
    });
    return tableParts(table, 4000, few);
  },
};

/** Rows as samples, the target with mean 0 and variance 1 over those trained on. */
function tableParts(rows: readonly Row[], held: number, few: boolean): WorkloadData {
  const order = permutation(rows.length, 1);
  const size = few ? 160 : held;
  const [validation, test] = [order.slice(0, size), order.slice(size, 2 * size)];
  const train = order.slice(2 * size, few ? 7 * size : undefined);
  const mean = train.reduce((sum, i) => sum + rows[i].target, 0) / train.length;
  const deviation = Math.sqrt(train.reduce((sum, i) => sum + (rows[i].target - mean) ** 2, 0) / train.length);
  const width = rows[0].inputs.length;
  const inputs = new Float32Array(rows.length * width);
  for (const [i, row] of rows.entries()) inputs.set(row.inputs, i * width);
  const targets = Float32Array.from(rows, ({ target }) => (target - mean) / deviation);
  const all: Samples = arraySamples(
    { data: inputs, shape: [rows.length, width], dtype: 'float32' },
    { data: targets, shape: [rows.length, 1], dtype: 'float32' },
  );
  return asTheyAre({ train: subset(all, train), validation: subset(all, validation), test: subset(all, test) });
}

function regressor(width: number, hidden: readonly number[], rate: number, seed: number): tf.LayersModel {
  const start = (layer: number) => tf.initializers.heNormal({ seed: 10 * seed + layer });
  const model = tf.sequential({
    layers: [
      ...hidden.map((units, k) =>
        tf.layers.dense({
          units,
          activation: 'relu',
          kernelInitializer: start(k),
          ...(k === 0 ? { inputShape: [width] } : {}),
        }),
      ),
      tf.layers.dense({ units: 1, kernelInitializer: start(hidden.length) }),
    ],
  });
  model.compile({ optimizer: tf.train.momentum(rate, 0.9), loss: 'meanSquaredError' });
  return model;
}
