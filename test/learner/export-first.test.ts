/** The model is exported by a process that has trained nothing: a test file of its own, for TensorFlow.js keeps a tape once it had one. */
import * as tf from '@tensorflow/tfjs';
import * as ort from 'onnxruntime-node';
import { expect, it } from 'vitest';
import { exportOnnx } from '../../src/index.ts';

it('exports recurrent layers before any gradient', async () => {
  const kernelInitializer = tf.initializers.glorotUniform({ seed: 1 });
  const recurrent = tf.layers.gru({ units: 4, inputShape: [6, 3], kernelInitializer });
  const model = tf.sequential({ layers: [recurrent, tf.layers.dense({ units: 2, kernelInitializer })] });
  const x = tf.randomNormal([5, 6, 3], 0, 1, 'float32', 2);

  const session = await ort.InferenceSession.create(await exportOnnx(model));
  const input = new ort.Tensor('float32', x.dataSync() as Float32Array, x.shape);
  const outputs = await session.run({ [session.inputNames[0]]: input });

  const expected = (model.predict(x) as tf.Tensor).dataSync();
  const got = outputs[session.outputNames[0]].data as Float32Array;
  for (const [i, value] of expected.entries()) expect(got[i]).toBeCloseTo(value, 5);
});
