import * as tf from '@tensorflow/tfjs';
import { delegateToCpu } from '../src/learner/wasm/delegate.ts';
import { smallCnn } from '../src/models/small-cnn.ts';
import { useWasm } from '../test/support/wasm.ts';

/**
 * A training step of the small CNN at 32×32 with batch 128 on the `wasm` backend: with our kernels, and the stock way,
 * where the kernel that is missing runs on the `cpu` backend. The stock way takes minutes and its cost is proportional
 * to the batch, so that it is measured on a batch of 4 and multiplied.
 */
export default async function wasm({ json }: { json: boolean }): Promise<void> {
  tf.enableProdMode();
  await import('@tensorflow/tfjs-backend-wasm');
  await tf.setBackend('wasm');
  const missing = ['Conv2DBackpropFilter'];
  for (const kernelName of missing) {
    const kernelFunc = delegateToCpu(kernelName) as unknown as tf.KernelFunc;
    tf.registerKernel({ kernelName, backendName: 'wasm', kernelFunc });
  }
  const stock = await measure(4, 1);
  for (const kernelName of missing) tf.unregisterKernel(kernelName, 'wasm');
  await useWasm();
  const ours = await measure(128, 9);
  stock.milliseconds *= 128 / 4;
  if (json) {
    console.log(JSON.stringify({ stock, ours }));
    return;
  }
  for (const [name, { milliseconds, kernels }] of Object.entries({ stock, ours })) {
    console.log(`${name}: ${milliseconds.toFixed(0)} ms a step`);
    for (const { kernel, calls, share } of kernels) {
      console.log(`  ${(100 * share).toFixed(1).padStart(5)} %  ${kernel} (${calls})`);
    }
  }
}

interface Measured {
  /** Median wall-clock time of a step. */
  milliseconds: number;
  /** The kernels that take 1 % or more of the time in kernels, the longest first. */
  kernels: { kernel: string; calls: number; share: number }[];
}

async function measure(batch: number, repeats: number): Promise<Measured> {
  const model = smallCnn({ seed: 1 });
  const x = tf.randomNormal([batch, 32, 32, 3], 0, 1, 'float32', 1);
  const labels = Int32Array.from({ length: batch }, (_, index) => index % 10);
  const y = tf.tidy(() => tf.oneHot(tf.tensor1d(labels, 'int32'), 10));
  const optimizer = tf.train.sgd(0.01);
  const step = () =>
    tf.tidy(() => {
      const loss = () =>
        tf.metrics.categoricalCrossentropy(y, model.apply(x, { training: true }) as tf.Tensor).mean() as tf.Scalar;
      const { value, grads } = tf.variableGrads(loss);
      optimizer.applyGradients(grads);
      return value.dataSync()[0];
    });
  if (repeats > 1) step();
  const times: number[] = [];
  for (let i = 0; i < repeats; i++) {
    const start = performance.now();
    step();
    times.push(performance.now() - start);
  }
  const totals = new Map<string, { calls: number; time: number }>();
  const { kernels } = await tf.profile(() => {
    step();
    return tf.scalar(0);
  });
  for (const { name, kernelTimeMs } of kernels) {
    const total = totals.get(name) ?? { calls: 0, time: 0 };
    totals.set(name, { calls: total.calls + 1, time: total.time + Number(await kernelTimeMs) });
  }
  tf.dispose([x, y]);
  model.dispose();
  optimizer.dispose();
  const all = [...totals.values()].reduce((sum, { time }) => sum + time, 0);
  return {
    milliseconds: times.sort((a, b) => a - b)[times.length >> 1],
    kernels: [...totals]
      .map(([kernel, { calls, time }]) => ({ kernel, calls, share: time / all }))
      .filter(({ share }) => share >= 0.01)
      .sort((a, b) => b.share - a.share),
  };
}
