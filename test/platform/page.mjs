/** Runs the program in a page, or in a worker of the page. */
import '@tensorflow/tfjs-backend-wasm';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import { program } from './program.mjs';
import './tabs.mjs';

setWasmPaths('/tfjs-wasm/');

globalThis.run = async (how, where) => {
  if (where === 'page') return program(how);
  const worker = new Worker(new URL('./worker.mjs', import.meta.url), { type: 'module' });
  worker.postMessage(how);
  const { data, message } = await new Promise((resolve) => {
    worker.onmessage = resolve;
    worker.onerror = resolve;
  });
  worker.terminate();
  if (data?.error || !data) throw new Error(data?.error ?? message);
  return data.result;
};
