/** A scoring worker of the small run. It is told where its master is by UNEQUAL_REDIS and UNEQUAL_RUN. */
import * as tf from '@tensorflow/tfjs';
import { scoringWorker } from '../../src/cluster/index.ts';
import { tinyModel, tinySamples } from './small.ts';

await tf.setBackend('cpu');
console.log(JSON.stringify(await scoringWorker(tinyModel(), tinySamples(), { engine: 'eager' })));
