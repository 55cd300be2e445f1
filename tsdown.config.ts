import { defineConfig } from 'tsdown';
import { exactDeclarations } from './exact-declarations.ts';
import { pageScript } from './page-script.ts';

export default defineConfig({
  entry: {
    index: 'src/index.ts',
    compile: 'src/compiler/index.ts',
    sampling: 'src/sampling/index.ts',
    data: 'src/data/index.ts',
    'data-web': 'src/data/web.ts',
    models: 'src/models/index.ts',
    report: 'src/report/index.ts',
    cluster: 'src/cluster/index.ts',
    cli: 'src/cli/main.ts',
    // What the threads of pooled() run.
    'pool-worker': 'src/data/pool-worker.mjs',
  },
  plugins: [pageScript(), exactDeclarations()],
  format: 'esm',
  platform: 'node',
  target: 'es2022',
  dts: true,
  clean: true,
  fixedExtension: true,
});
