import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Plugin } from 'vite';

/** The share of each script that is TensorFlow.js, by its name; counted before it is made small. */
const shares = new Map<string, number>();

/**
 * Weighs the page that was built and writes what it weighs into it, in the place of `%WEIGHT%`; prints it where `WEIGHT` is
 * set. It belongs to the build of the page and to that of its worker.
 */
export function weight(): Plugin {
  return {
    name: 'weight',
    generateBundle(_, bundle) {
      for (const chunk of Object.values(bundle)) {
        if (chunk.type !== 'chunk') continue;
        let [all, tensorflow] = [0, 0];
        for (const [id, { renderedLength }] of Object.entries(chunk.modules)) {
          all += renderedLength;
          if (/[\\/]@tensorflow[\\/]/.test(id)) tensorflow += renderedLength;
        }
        shares.set(chunk.fileName, all === 0 ? 0 : tensorflow / all);
      }
    },
    writeBundle({ dir }, bundle) {
      if (!dir || !('index.html' in bundle)) return;
      const said = words(dir);
      const page = join(dir, 'index.html');
      writeFileSync(page, readFileSync(page, 'utf8').replace('%WEIGHT%', said));
      if (process.env.WEIGHT) console.log(said);
    },
  };
}

function words(folder: string): string {
  let [all, sent, tensorflow, digits] = [0, 0, 0, 0];
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  for (const { parentPath, name } of files) {
    const bytes = readFileSync(join(parentPath, name));
    all += bytes.length;
    sent += name.endsWith('.png') ? bytes.length : gzipSync(bytes).length;
    const [, share] = [...shares].find(([chunk]) => chunk.endsWith(name)) ?? [];
    if (name.endsWith('.wasm')) tensorflow += bytes.length;
    else if (share !== undefined) tensorflow += share * bytes.length;
    if (name.endsWith('.png')) digits += bytes.length;
  }
  const mb = (count: number) => `${(count / 1e6).toFixed(2)} MB`;
  const rest = all - tensorflow - digits;
  return `The page weighs ${mb(all)}, ${mb(sent)} as sent with gzip: ${mb(tensorflow)} are TensorFlow.js, ${mb(digits)} the digits, ${mb(rest)} all the rest.`;
}
