import { defineConfig } from 'tsdown';
import { pageScript } from '../page-script.ts';

export default defineConfig({
  // A pool's threads load files of their own.
  entry: { index: 'index.ts', 'input-samples': 'input-samples.ts', 'pool-worker': '../src/data/pool-worker.mjs' },
  outDir: '../dist-bench',
  plugins: [pageScript()],
  format: 'esm',
  platform: 'node',
  target: 'es2022',
  clean: true,
  dts: false,
  fixedExtension: true,
  // The wasm backend finds its binaries beside itself, and registers with the TensorFlow.js that is there.
  deps: { skipNodeModulesBundle: true },
});
