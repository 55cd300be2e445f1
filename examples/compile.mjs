/** A training step of one's own, traced once and run by ONNX Runtime. */
import * as tf from '@tensorflow/tfjs';
import { arms, makeModel } from './task.mjs';

const { x, y } = arms(64);
const [model, optimizer] = /** @type {any[]} */ ([makeModel(), tf.train.adam(0.01)]);

// #region compile
import { compile } from 'unequal/compile';

const step = compile(
  ({ x, y }) => {
    const { value: loss, grads } = tf.variableGrads(() => tf.losses.softmaxCrossEntropy(y, model.apply(x)));
    optimizer.applyGradients(grads);
    return { loss };
  },
  { x: { shape: [null, 2] }, y: { shape: [null, 3] } },
  { optimizers: [optimizer] },
);
const { loss } = await step.run({ x, y });
// #endregion compile
console.log(loss.data[0]);
await step.dispose();
