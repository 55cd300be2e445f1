/** Runs in the browser of web.test.ts: two training steps of the small CNN, compiled, on onnxruntime-web. */
import * as tf from '@tensorflow/tfjs';
import type { Runtime } from '../../src/compiler/index.ts';
import { trainSmallCnn } from './web-training.ts';

declare global {
  var trained: (() => Promise<number[]>) | undefined;
}

globalThis.trained = async () => {
  const path = '/ort/ort.wasm.bundle.min.mjs';
  const ort = await import(/* @vite-ignore */ path);
  ort.env.wasm.numThreads = 1;
  ort.env.wasm.wasmPaths = '/ort/';
  await tf.setBackend('cpu');
  return trainSmallCnn({ runtime: ort as unknown as Runtime, threads: 1 });
};
