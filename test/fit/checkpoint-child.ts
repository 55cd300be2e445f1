/** A small run: `node checkpoint-child.mjs CHECKPOINT PAUSE [resume]`. Says each step, and at the end what it has come to. */
import * as tf from '@tensorflow/tfjs';
import { fit, uniform } from '../../src/index.ts';
import { classifier, digits, values } from '../support/small.ts';

const [path, pause, resume] = process.argv.slice(2);
await tf.setBackend('cpu');
const { x, y } = digits();
const model = classifier();
const { epoch, history } = await fit(model, x, y, {
  ...{ method: uniform(), engine: 'eager', verbose: 0, batchSize: 8, epochs: 3, seed: 5 },
  checkpoint: { path, every: 2 },
  resume: resume ? path : undefined,
  onStep: async ({ step }) => {
    console.log(`step ${step}`);
    await new Promise((resolve) => setTimeout(resolve, Number(pause)));
  },
});
console.log(JSON.stringify({ epoch, history, values: values(model) }));
