import { existsSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'tsdown';
import { pageScript } from '../../page-script.ts';

/** A script of this repository as JavaScript that Node runs, in a folder (to be removed) where its packages are found. */
export async function bundled(script: string): Promise<{ readonly folder: string; readonly file: string }> {
  let root = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(root, 'tsdown.config.ts'))) root = dirname(root);
  const folder = await mkdtemp(join(root, 'node_modules', '.unequal-test-'));
  await build({
    config: false,
    cwd: root,
    entry: [script],
    plugins: [pageScript()],
    outDir: folder,
    format: 'esm',
    platform: 'node',
    target: 'es2022',
    dts: false,
    fixedExtension: true,
    clean: false,
    logLevel: 'error',
  });
  return { folder, file: join(folder, basename(script).replace(/\.ts$/, '.mjs')) };
}
