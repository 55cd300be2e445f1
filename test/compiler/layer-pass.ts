/** A pass through a layer: what it gives, and its gradients, with moving statistics that start anew. */
import * as tf from '@tensorflow/tfjs';
import { noise, seedWeights } from './agree.ts';
import type { LayerCase } from './layer-cases.ts';

type Tensors = Record<string, tf.Tensor>;

export function layerPass(layer: LayerCase, training: boolean): { fn: (inputs: Tensors) => Tensors; inputs: Tensors } {
  const { shape, build, input, samples = 3 } = layer;
  const x = tf.input({ shape });
  const model = tf.model({ inputs: x, outputs: build(x) });
  const random = model.layers.some((one) => one.getClassName() === 'Dropout');
  seedWeights(model);
  const values = input?.() ?? noise([samples, ...shape], 7);
  const frozen = model.weights.filter((w) => !model.trainableWeights.includes(w));
  const start = frozen.map((w) => w.read().clone());
  const variables = model.trainableWeights.map((w) => w.read() as tf.Variable);
  const target = noise(
    model.outputs[0].shape.map((d, i) => (i === 0 ? samples : d!)),
    9,
  );
  const fn = ({ x, target }: Record<string, tf.Tensor>): Record<string, tf.Tensor> => {
    // Moving statistics start anew, so that both ways see the same.
    for (const [i, w] of frozen.entries()) w.write(start[i]);
    let y: tf.Tensor | undefined;
    const f = (input: tf.Tensor): tf.Scalar => {
      y?.dispose();
      y = tf.keep(model.apply(input, { training: training && !random }) as tf.Tensor);
      const penalty = model.losses.reduce<tf.Tensor>((sum, loss) => sum.add(loss()), tf.scalar(0));
      return y.sub(target).square().mul(y.abs().add(1)).mean().add(penalty) as tf.Scalar;
    };
    const outputs: Record<string, tf.Tensor> = {};
    if (variables.length > 0) {
      const { value, grads } = tf.variableGrads(() => f(x), variables);
      outputs.loss = value;
      for (const v of variables) outputs[`∂loss/∂${v.name}`] = grads[v.name];
    } else {
      outputs.loss = f(x);
    }
    outputs.y = y!.clone();
    for (const w of frozen) outputs[w.name] = w.read().clone();
    const differentiable = !model.layers.some((one) => ['Embedding', 'Masking'].includes(one.getClassName()));
    if (differentiable) outputs['∂loss/∂x'] = tf.grad(f)(x);
    y!.dispose();
    return outputs;
  };
  return { fn, inputs: { x: values, target } };
}
