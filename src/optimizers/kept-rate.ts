import * as tf from '@tensorflow/tfjs';

/** The scalar −learningRate that SGD and momentum step with; other optimizers may have a `c` of their own. */
export function keptRate(optimizer: tf.Optimizer): tf.Tensor | undefined {
  const { c } = optimizer as unknown as { readonly c?: unknown };
  return optimizer instanceof tf.SGDOptimizer && c instanceof tf.Tensor ? c : undefined;
}
