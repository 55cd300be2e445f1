import { defineConfig } from 'tsdown';
import { pageScript } from '../../page-script.ts';

export default defineConfig({
  entry: {
    ...{ index: 'index.ts', trials: 'trials.ts', trainer: 'trainer.ts' },
    ...{ master: '../cluster/master-child.ts', worker: '../cluster/worker-child.ts' },
    member: '../cluster/parallel/member-child.ts',
  },
  outDir: '../../dist-campaign',
  plugins: [pageScript()],
  format: 'esm',
  platform: 'node',
  target: 'es2022',
  clean: true,
  dts: false,
  fixedExtension: true,
});
