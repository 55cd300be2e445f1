/**
 * A member of a small run: `node member-child.mjs RUN CHECKPOINT EPOCHS [resume] [every=K]`. Where it meets the others is said
 * by UNEQUAL_REDIS, and by UNEQUAL_JOIN whether it only joins. Prints its steps and what it ended with.
 */
import * as tf from '@tensorflow/tfjs';
import { dataParallel } from '../../../src/cluster/index.ts';
import { fit, importance, uniform } from '../../../src/index.ts';
import { tinyModel, tinySamples } from '../small.ts';

const [run, path, epochs, ...words] = process.argv.slice(2);
const given = (name: string) => words.find((word) => word.startsWith(`${name}=`))?.slice(name.length + 1);
const every = Number(given('every') ?? 1);
const pause = Number(given('pause') ?? 2);
await tf.setBackend('cpu');
const model = tinyModel({ optimizer: tf.train.momentum(0.05, 0.9) });
let last = -1;
let members = 1;
let most = 1;
const told: string[] = [];
const history = await fit(model, tinySamples(), {
  method: words.includes('importance') ? importance({ start: 'always' }) : uniform(),
  ...{ epochs: Number(epochs), batchSize: 16, engine: 'eager', seed: 1, verbose: 0 },
  cluster: dataParallel({
    ...{ run, every, workers: Number(given('workers') ?? 0), dropAfter: 1.5, patience: 40 },
    outer: words.includes('diloco') ? {} : 'average',
  }),
  checkpoint: { path, every: 5 },
  resume: words.includes('resume') ? path : undefined,
  validationData: tinySamples(50),
  callbacks: {
    onEpochBegin: async (epoch) => void told.push(`begin ${epoch}`),
    onEpochEnd: async (epoch, logs) => void told.push(`end ${epoch} ${Object.keys(logs ?? {}).sort()}`),
  },
  onStep: async (report) => {
    if (last >= 0 && report.step !== last + 1) throw new Error(`step ${report.step} after ${last}`);
    last = report.step;
    members = report.members as number;
    most = Math.max(most, members);
    await new Promise((resolve) => setTimeout(resolve, pause));
    if (last % 5 === 0) console.log(JSON.stringify({ step: last, members, most, traffic: report.traffic }));
  },
});
const weights = model.getWeights().flatMap((one) => [...one.dataSync()]);
const entries = Object.fromEntries(Object.entries(history.history).map(([name, values]) => [name, values.length]));
console.log(
  JSON.stringify({ done: true, steps: last + 1, members, most, weights, told, epochs: history.epoch, entries }),
);
