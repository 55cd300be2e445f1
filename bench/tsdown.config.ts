import { defineConfig } from 'tsdown';
import { pageScript } from '../page-script.ts';

export default defineConfig({
  entry: { index: 'index.ts' },
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
