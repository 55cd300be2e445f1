import * as tf from '@tensorflow/tfjs';
import { saveModel } from '../../src/models/save-model.ts';

/** Saves a softmax regression for digits, the smallest model that the command line trains. */
export async function saveNet(folder: string): Promise<void> {
  await tf.setBackend('cpu');
  const kernelInitializer = tf.initializers.heNormal({ seed: 2 });
  const layers = [
    tf.layers.flatten({ inputShape: [28, 28, 1] }),
    tf.layers.dense({ units: 10, activation: 'softmax', kernelInitializer }),
  ];
  await saveModel(tf.sequential({ layers }), folder);
}
