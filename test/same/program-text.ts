/** A random program as text, for people. */
import type * as tf from '@tensorflow/tfjs';
import * as TF from '@tensorflow/tfjs';
import { build, type Spec } from './random.ts';

/** What says nothing of a layer. */
const dull = /^(name|trainable|dtype|batchInputShape|.*Initializer|.*Regularizer|.*Constraint|inputDtype|sparse)$/;

export function programText(spec: Spec): string {
  const model = build(spec);
  const names = new Map(model.layers.map(({ name }, k) => [name, `h${k}`]));
  const lines = model.layers.map((layer) => {
    const config = layer.getConfig();
    if (layer.getClassName() === 'InputLayer') return `const h0 = tf.input(${JSON.stringify({ shape: spec.shape })});`;
    const [node] = (layer as unknown as { inboundNodes: { inboundLayers: tf.layers.Layer[] }[] }).inboundNodes;
    const inputs = node.inboundLayers.map(({ name }) => names.get(name));
    return `const ${names.get(layer.name)} = ${call(layer.getClassName(), config)}.apply(${inputs.length > 1 ? `[${inputs.join(', ')}]` : inputs[0]});`;
  });
  const outputs = model.outputs.map(({ sourceLayer }) => names.get(sourceLayer.name)).join(', ');
  const { layers: _, shape: __, ...rest } = spec;
  model.dispose();
  return `${lines.join('\n')}
const model = tf.model({ inputs: h0, outputs: [${outputs}] });
// ${JSON.stringify(rest)}`;
}

function call(className: string, config: TF.serialization.ConfigDict): string {
  const wrapped = config.layer as { className: string; config: TF.serialization.ConfigDict } | undefined;
  const own = Object.entries(config).filter(
    ([key, value]) => !dull.test(key) && value !== null && value !== undefined && key !== 'layer',
  );
  const inner = wrapped === undefined ? [] : [`layer: ${call(wrapped.className, wrapped.config)}`];
  const fields = [...inner, ...own.map(([key, value]) => `${key}: ${JSON.stringify(value)}`)];
  const name = Object.keys(TF.layers).find((one) => one.toLowerCase() === className.toLowerCase()) ?? className;
  return `tf.layers.${name}(${fields.length > 0 ? `{ ${fields.join(', ')} }` : ''})`;
}
