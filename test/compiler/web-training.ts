/** Two training steps of a small CNN with fixed weights and data, in Node and in the browser alike. */
import * as tf from '@tensorflow/tfjs';
import { compile, type SessionSettings } from '../../src/compiler/index.ts';
import { smallCnn } from '../../src/models/small-cnn.ts';

/** Returns the losses of the steps and the sum of squares of every weight after them. */
export async function trainSmallCnn(settings: SessionSettings): Promise<number[]> {
  const model = smallCnn({ seed: 1 });
  const optimizer = tf.train.momentum(0.01, 0.9);
  const variables = model.trainableWeights.map((w) => w.read() as tf.Variable);
  const step = compile(
    ({ x, y }) => {
      const { value, grads } = tf.variableGrads(
        () =>
          tf.metrics.categoricalCrossentropy(y, model.apply(x, { training: true }) as tf.Tensor).mean() as tf.Scalar,
        variables,
      );
      optimizer.applyGradients(grads as Record<string, tf.Variable>);
      return { loss: value };
    },
    { x: { shape: [null, 32, 32, 3] }, y: { shape: [null, 10] } },
    { ...settings, optimizers: [optimizer] },
  );
  const x = Float32Array.from({ length: 4 * 32 * 32 * 3 }, (_, i) => Math.sin(i * i));
  const y = Float32Array.from({ length: 40 }, (_, i) => Number(i % 11 === 0));
  const losses: number[] = [];
  for (let i = 0; i < 2; i++) losses.push((await step.run({ x, y })).loss.data[0]);
  await step.dispose();
  return [...losses, ...variables.map((v) => tf.sum(tf.square(v)).dataSync()[0])];
}
