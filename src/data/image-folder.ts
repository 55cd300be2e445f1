import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { fault } from '../errors.ts';
import {
  checkIndices,
  type ImageBatch,
  type ImageSplits,
  type LabelledImages,
  oneHot,
  type RawImage,
} from './images.ts';
import { sampledStatistics } from './normalize.ts';
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

const EXTENSIONS = /\.(jpe?g|png|webp|gif|tiff?|avif)$/i;
/** Decoding runs on the thread pool of libuv, four threads unless told otherwise. */
const AT_ONCE = 8;
const STATISTICS_OF = 10_000;

/** Pictures in one folder per class, decoded when a batch asks for them. */
export class ImageFolder implements LabelledImages {
  readonly name: string;
  readonly length: number;
  readonly inputShape: readonly [height: number, width: number, channels: number];
  readonly classNames: readonly string[];
  readonly labels: Uint16Array;
  readonly #files: readonly string[];
  readonly #options: ImageFolderOptions;
  readonly #table: Float32Array;
  readonly #cache: PixelCache;

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

  /** Lists the pictures of every class folder in `folder`, classes and files in the order of their names. */
  static async open(folder: string, options: ImageFolderOptions): Promise<ImageFolder> {
    const folders = await subfolders(folder);
    if (folders.length === 0) {
      throw fault({ wrong: `${folder} is not a folder of images`, got: 'no folders in it', expected: 'one per class' });
    }
    const files: string[] = [];
    const classes: number[] = [];
    for (const [label, name] of folders.entries()) {
      const images = (await readdir(join(folder, name))).filter((file) => EXTENSIONS.test(file)).sort();
      if (images.length === 0) {
        throw fault({ wrong: `${join(folder, name)} holds no images`, expected: 'JPEG, PNG, WebP, GIF, TIFF or AVIF' });
      }
      for (const image of images) {
        files.push(join(folder, name, image));
        classes.push(label);
      }
    }
    const { className = (name: string) => name, scaling = 'unit', cacheBytes = 256 * 2 ** 20 } = options;
    const cache = new PixelCache(cacheBytes);
    const make = (chosen: Scaling) =>
      new ImageFolder(
        folder,
        folders.map(className),
        files,
        Uint16Array.from(classes),
        { ...options, scaling: chosen },
        cache,
      );
    if (scaling !== 'standard') return make(scaling);
    return make(await make('unit').statistics(STATISTICS_OF));
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
    return {
      xs: { data: xs, shape: [n, height, width, channels], dtype: 'float32' },
      ys: oneHot(this.labels, indices, this.classes),
    };
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
    const file = this.#files[index];
    try {
      const pixels = await sharp(file)
        .resize(width, height, { fit: this.#options.fit === 'stretch' ? 'fill' : 'cover' })
        .flatten({ background: '#ffffff' })
        .toColourspace(channels === 1 ? 'b-w' : 'srgb')
        .raw({ depth: 'uchar' })
        .toBuffer();
      this.#cache.set(index, pixels);
      return pixels;
    } catch (cause) {
      throw fault({
        wrong: `${file} cannot be decoded`,
        got: (cause as Error).message,
        expected: 'an intact picture',
        mend: 'replace or remove it',
        cause,
      });
    }
  }
}

/** The folders `train` and `test` (or `val`) in `folder`, which must have the same classes. */
export async function imageFolder(folder: string, options: ImageFolderOptions): Promise<ImageSplits<ImageFolder>> {
  const parts = await subfolders(folder);
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
      got: `${test.classes} classes in ${other}`,
      expected: `the ${train.classes} of train${missing === undefined ? '' : `, of which ${missing} differs`}`,
    });
  }
  return { train, test };
}

async function subfolders(folder: string): Promise<string[]> {
  let entries: Awaited<ReturnType<typeof read>>;
  const read = () => readdir(folder, { withFileTypes: true });
  try {
    entries = await read();
  } catch (cause) {
    throw fault({ wrong: `${folder} cannot be read`, got: (cause as Error).message, cause });
  }
  return entries
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
    .map(({ name }) => name)
    .sort();
}

/** Pixels of the most recently used images; a Map keeps the order of insertion. */
class PixelCache {
  readonly #limit: number;
  readonly #entries = new Map<number, Uint8Array>();
  #bytes = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get(index: number): Uint8Array | undefined {
    const pixels = this.#entries.get(index);
    if (pixels !== undefined) {
      this.#entries.delete(index);
      this.#entries.set(index, pixels);
    }
    return pixels;
  }

  set(index: number, pixels: Uint8Array): void {
    if (pixels.length > this.#limit || this.#entries.has(index)) return;
    this.#entries.set(index, pixels);
    this.#bytes += pixels.length;
    for (const [oldest, old] of this.#entries) {
      if (this.#bytes <= this.#limit) break;
      this.#entries.delete(oldest);
      this.#bytes -= old.length;
    }
  }
}
