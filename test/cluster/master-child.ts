/** A master of a small run: `node master-child.mjs URL RUN CHECKPOINT EPOCHS [resume]`; prints what it ended with. */
import * as tf from '@tensorflow/tfjs';
import { distributedImportance } from '../../src/cluster/index.ts';
import { fit } from '../../src/index.ts';
import { tinyModel, tinySamples } from './small.ts';

const [url, run, path, epochs, resume] = process.argv.slice(2);
await tf.setBackend('cpu');
let importance = 0;
let last = -1;
const history = await fit(tinyModel(), tinySamples(), {
  method: distributedImportance({ url, run, range: 64, publishEvery: 5, start: 1.001, enough: 0.3 }),
  epochs: Number(epochs),
  batchSize: 16,
  engine: 'eager',
  seed: 1,
  verbose: 0,
  checkpoint: { path, every: 20 },
  resume: resume === undefined ? undefined : path,
  onStep: async ({ phase, step }) => {
    if (last >= 0 && step !== last + 1) throw new Error(`step ${step} after ${last}`);
    last = step;
    if (phase === 'importance') importance++;
    await new Promise((resolve) => setTimeout(resolve, 2));
    if (step % 10 === 0) console.log(JSON.stringify({ step, importance }));
  },
});
console.log(JSON.stringify({ done: true, steps: last + 1, importance, loss: history.history.loss.at(-1) }));
