import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import { program } from './program.mjs';

setWasmPaths('/tfjs-wasm/');

self.onmessage = async ({ data: how }) => {
  try {
    postMessage({ result: await program(how) });
  } catch (error) {
    postMessage({ error: String(error?.stack ?? error) });
  }
};
