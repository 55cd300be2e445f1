/**
 * A run that starts its own server and two workers: `node starter-child.mjs scores|parallel WORKER CHECKPOINT [EPOCHS]`.
 * Says so once they work, and trains for longer than anybody waits, or for so many epochs.
 */
import * as tf from '@tensorflow/tfjs';
import { dataParallel, distributedImportance } from '../../src/cluster/index.ts';
import { fit, uniform } from '../../src/index.ts';
import { tinyModel, tinySamples } from './small.ts';

const [kind, file, path, epochs = '500'] = process.argv.slice(2);
await tf.setBackend('cpu');
const scores = kind === 'scores';
const workers = { count: 2, file, args: scores ? [] : ['default', path, epochs, 'pause=5'] };
let said = false;
await fit(tinyModel({ optimizer: tf.train.momentum(0.05, 0.9) }), tinySamples(), {
  method: scores ? distributedImportance({ range: 64, publishEvery: 5, start: 1.001, workers }) : uniform(),
  cluster: scores ? undefined : dataParallel({ workers, dropAfter: 1.5, patience: 40 }),
  ...{ epochs: Number(epochs), batchSize: 16, engine: 'eager', seed: 1, verbose: 0 },
  onStep: async ({ phase, members }) => {
    if (!said && (phase === 'importance' || members === 3)) {
      said = true;
      console.log('they work');
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  },
});
console.log('ended');
