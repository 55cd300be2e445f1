import { join } from 'node:path';
import { fault } from '../errors.ts';
import { type Checks, checkedOptions, choice, elsewhere, range, when } from '../options.ts';
import { counted } from '../plural.ts';
import { classFolders, pictures, subfolders } from './class-folders.ts';
import { decodeAhead, decodeImage } from './decode-image.ts';
import {
  checkIndices,
  type ImageBatch,
  type ImageSplits,
  type LabelledImages,
  oneHot,
  type RawImage,
} from './images.ts';
import { sampledStatistics } from './normalize.ts';
import { PixelCache } from './pixel-cache.ts';
import { type ChannelStatistics, type Scaling, scaleBytes, scalingTable } from './scaling.ts';

export interface ImageFolderOptions {
  /** Height and width of the inputs. */
  readonly size: readonly [height: number, width: number];
  /** 3 (default; gray pictures get three equal channels) or 1. */
  readonly channels?: 1 | 3;
  /** `crop` (default): scaled until it covers the size, then the middle is cut out. `stretch`: both sides scaled alone. */
  readonly fit?: 'crop' | 'stretch';
  /** `standard` computes the statistics over at most 10,000 training images, evenly spread. Default `unit`. */
  readonly scaling?: Scaling | 'standard';
  /** How many bytes of decoded pixels to keep (least recently used first out). Default 256 MiB; 0 keeps none. */
  readonly cacheBytes?: number;
  /** What to call the class of a folder. Default its name. */
  readonly className?: (folder: string) => string;
}

/** Values of one input. */
const LARGEST = 2 ** 26;
/** Decoding runs on the thread pool of libuv, four threads unless told otherwise. */
const AT_ONCE = 8;
/** Bytes of pixels that are decoded ahead at most. */
const AHEAD = 2 ** 26;
const STATISTICS_OF = 10_000;

/**
 * Pictures in one folder per class, decoded when a batch asks for them.
 *
 * @example
 * ```ts
 * const { train } = await imageFolder('flowers', { size: [64, 64] });
 * console.log(train instanceof ImageFolder, train.classNames);
 * ```
 */
export class ImageFolder implements LabelledImages {
  readonly name: string;
  readonly pure = true;
  readonly length: number;
  readonly inputShape: readonly [height: number, width: number, channels: number];
  readonly classNames: readonly string[];
  readonly labels: Uint16Array;
  readonly #files: readonly string[];
  readonly #options: ImageFolderOptions;
  readonly #table: Float32Array;
  readonly #cache: PixelCache;
  /** Pictures that are being decoded before a batch asks for them. */
  readonly #ahead = new Map<number, Promise<Uint8Array | undefined>>();

  private constructor(
    name: string,
    classNames: readonly string[],
    files: readonly string[],
    labels: Uint16Array,
    options: ImageFolderOptions & { readonly scaling: Scaling },
    cache: PixelCache,
  ) {
    const { size, channels = 3, scaling } = options;
    this.name = name;
    this.length = files.length;
    this.inputShape = [...size, channels];
    this.classNames = classNames;
    this.labels = labels;
    this.#files = files;
    this.#options = options;
    this.#table = scalingTable(scaling, channels);
    this.#cache = cache;
  }

  /**
   * Lists the pictures of every class folder in `folder`, classes and files in the order of their names. Links are
   * followed, hidden names and files of other kinds left out.
   *
   * @throws UnequalError for anything else that would be left out: folders in a class, pictures of a format that is not
   * read, links that lead nowhere or back.
   */
  static async open(folder: string, options: ImageFolderOptions): Promise<ImageFolder> {
    checkOptions(options);
    const folders = await classFolders(folder);
    if (folders.length === 0) {
      throw fault({ wrong: `${folder} is not a folder of images`, got: 'no folders in it', expected: 'one per class' });
    }
    const files: string[] = [];
    const classes: number[] = [];
    for (const [label, { path }] of folders.entries()) {
      for (const image of await pictures(path)) {
        files.push(image);
        classes.push(label);
      }
    }
    const { className = (name: string) => name, scaling = 'unit', cacheBytes = 256 * 2 ** 20 } = options;
    const cache = new PixelCache(cacheBytes);
    const make = (chosen: Scaling) =>
      new ImageFolder(
        folder,
        folders.map(({ name }) => className(name)),
        files,
        Uint16Array.from(classes),
        { ...options, scaling: chosen },
        cache,
      );
    if (scaling !== 'standard') return make(scaling);
    return make(await make('unit').statistics(STATISTICS_OF));
  }

  /** The pictures at these paths, with a class each. Nothing is looked at before a batch asks for it. */
  static of(
    name: string,
    classNames: readonly string[],
    files: readonly string[],
    labels: Uint16Array,
    options: ImageFolderOptions & { readonly scaling?: Scaling },
  ): ImageFolder {
    checkOptions(options);
    const { scaling = 'unit', cacheBytes = 256 * 2 ** 20 } = options;
    return new ImageFolder(name, classNames, files, labels, { ...options, scaling }, new PixelCache(cacheBytes));
  }

  get classes(): number {
    return this.classNames.length;
  }

  async batch(indices: ArrayLike<number>): Promise<ImageBatch> {
    checkIndices(indices, this.length);
    const [height, width, channels] = this.inputShape;
    const size = height * width * channels;
    const n = indices.length;
    const xs = new Float32Array(n * size);
    let next = 0;
    const worker = async () => {
      while (next < n) {
        const k = next++;
        scaleBytes(await this.#pixels(indices[k]), 0, this.#table, channels, xs, k * size, size);
      }
    };
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, n) }, worker));
    for (let k = 0; k < n; k++) this.#ahead.delete(indices[k]);
    return {
      xs: { data: xs, shape: [n, height, width, channels], dtype: 'float32' },
      ys: oneHot(this.labels, indices, this.classes),
    };
  }

  /** Begins to decode these pictures on the thread pool of libuv, which goes on while this thread trains. */
  soon(indices: ArrayLike<number>): void {
    const [height, width, channels] = this.inputShape;
    const most = Math.floor(AHEAD / (height * width * channels));
    const shape = { height, width, channels: channels as 1 | 3, fit: this.#options.fit };
    for (let k = 0; k < Math.min(indices.length, most); k++) {
      const i = indices[k];
      const file = this.#files[i];
      if (file === undefined || this.#ahead.has(i) || this.#cache.has(i)) continue;
      this.#ahead.set(i, decodeAhead(file, shape));
    }
    for (const [oldest] of this.#ahead) {
      if (this.#ahead.size <= most) break;
      this.#ahead.delete(oldest);
    }
  }

  async image(index: number): Promise<RawImage> {
    checkIndices([index], this.length);
    const [height, width, channels] = this.inputShape;
    return { data: await this.#pixels(index), width, height, channels };
  }

  /** Mean and standard deviation of every channel in bytes, over at most `limit` evenly spread images. */
  statistics(limit?: number): Promise<ChannelStatistics> {
    return sampledStatistics(this, limit);
  }

  /** The path of one picture. */
  file(index: number): string {
    return this.#files[index];
  }

  async #pixels(index: number): Promise<Uint8Array> {
    const known = this.#cache.get(index);
    if (known !== undefined) return known;
    const [height, width, channels] = this.inputShape;
    const { fit } = this.#options;
    const early = await this.#ahead.get(index);
    const pixels =
      early ?? (await decodeImage(this.#files[index], { height, width, channels: channels as 1 | 3, fit }));
    this.#cache.set(index, pixels);
    return pixels;
  }
}

/**
 * The folders `train` and `test` (or `val`) in `folder`, which must have the same classes.
 *
 * @example
 * ```ts
 * const { train, test } = await imageFolder('flowers', { size: [64, 64] });
 * ```
 */
export async function imageFolder(folder: string, options: ImageFolderOptions): Promise<ImageSplits<ImageFolder>> {
  checkOptions(options);
  const parts = (await subfolders(folder)).map(({ name }) => name);
  const other = ['test', 'val', 'validation'].find((part) => parts.includes(part));
  if (!parts.includes('train') || other === undefined) {
    throw fault({
      wrong: `${folder} is not a data set of image folders`,
      got: parts.length === 0 ? 'no folders' : parts.slice(0, 5).join(', '),
      expected: 'train/<class>/*.jpg and test/<class>/*.jpg (or val/)',
    });
  }
  const train = await ImageFolder.open(join(folder, 'train'), options);
  const scaling = options.scaling === 'standard' ? await train.statistics(STATISTICS_OF) : options.scaling;
  const test = await ImageFolder.open(join(folder, other), { ...options, scaling });
  const missing = train.classNames.find((name, i) => test.classNames[i] !== name);
  if (missing !== undefined || test.classes !== train.classes) {
    throw fault({
      wrong: `The classes of ${folder} differ between its parts`,
      got: `${counted(test.classes, 'class', 'classes')} in ${other}`,
      expected: `the ${train.classes} of train${missing === undefined ? '' : `, of which ${missing} differs`}`,
    });
  }
  return { train, test };
}

const checks: Checks<ImageFolderOptions> = {
  size: elsewhere,
  channels: elsewhere,
  fit: choice('crop', 'stretch'),
  scaling: elsewhere,
  cacheBytes: range(0),
  className: when((value) => typeof value === 'function', 'a function of the name of a folder'),
};

function checkOptions(options: ImageFolderOptions): void {
  const { size, channels = 3 } = checkedOptions('imageFolder', options, checks);
  const [height, width]: readonly number[] = Array.isArray(size) ? size : [0, 0];
  const natural = (value: number) => Number.isInteger(value) && value > 0;
  if (!natural(height) || !natural(width) || height * width * channels > LARGEST) {
    const expected = `[height, width], whole numbers above 0 with a product of at most ${LARGEST / 4}`;
    throw fault({ wrong: 'The size of the inputs is none', got: size, expected });
  }
  if (channels !== 1 && channels !== 3) throw fault({ wrong: 'Unknown channels', got: channels, expected: '1 or 3' });
}
