import { resolve } from 'node:path';
import { defineConfig } from 'vite';
import { digits } from './digits.ts';
import { weight } from './weight.ts';

const source = (name: string): string => resolve(import.meta.dirname, 'src', name);

const plugins = () => [digits(), weight()];

/** TensorFlow.js without the parts that the page has no use for, and no compiled steps. */
const alias = [
  { find: /^@tensorflow\/tfjs$/, replacement: source('tf.ts') },
  { find: /^.*\/report\/history-report\.ts$/, replacement: source('no-runtime.ts') },
  { find: /^(onnxruntime-web\/.*|onnx-proto|.*\/own-code\/own-code\.ts)$/, replacement: source('no-runtime.ts') },
];

export default defineConfig({
  root: import.meta.dirname,
  // The page may lie in any folder.
  base: './',
  resolve: { alias },
  plugins: plugins(),
  worker: { format: 'es', plugins },
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: resolve(import.meta.dirname, '../dist/play'),
    emptyOutDir: true,
    target: 'es2022',
    reportCompressedSize: false,
  },
});
