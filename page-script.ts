import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import { build, type Plugin, type Rollup } from 'vite';

const name = 'virtual:page-script';
const entry = resolve(import.meta.dirname, 'src/report/client/main.ts');

/** Gives `src/report/page.ts` the script of a report as text, with the hash that its page allows. */
export function pageScript(): Plugin {
  return {
    name: 'page-script',
    resolveId: (id) => (id === name ? `\0${name}` : undefined),
    async load(id) {
      if (id !== `\0${name}`) return undefined;
      const { output } = (await build({
        ...{ configFile: false, logLevel: 'warn', publicDir: false },
        build: {
          write: false,
          target: 'es2022',
          minify: true,
          reportCompressedSize: false,
          lib: { entry, formats: ['iife'], name: 'report' },
        },
      }).then((all) => (Array.isArray(all) ? all[0] : all))) as Rollup.RollupOutput;
      const { code, moduleIds } = output[0];
      for (const file of moduleIds) this.addWatchFile(file);
      // A line of script that holds the end of a script would end there.
      const text = code.trim().replaceAll('</', '<\\/');
      const hash = `sha256-${createHash('sha256').update(text).digest('base64')}`;
      return `export const script = ${JSON.stringify(text)};\nexport const hash = ${JSON.stringify(hash)};\n`;
    },
  };
}
