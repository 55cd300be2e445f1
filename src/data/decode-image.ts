import type { Sharp } from 'sharp';
import { fault } from '../errors.ts';
import { openRegularSync, readWhole } from './regular-file.ts';
import { loadSharp } from './sharp.ts';

const { closeSync, readSync } = process.getBuiltinModule('node:fs');

/** What every picture of a set is made to. */
export interface ImageShape {
  readonly height: number;
  readonly width: number;
  readonly channels: 1 | 3;
  /** See `ImageFolderOptions.fit`. */
  readonly fit?: 'crop' | 'stretch';
}

/** Bytes of a picture's file. */
const FILE_LIMIT = 2 ** 28;
/** Pixels of a picture, and of one side; some formats are decoded whole, at four bytes each and more. */
const PIXEL_LIMIT = 2 ** 26;
const SIDE_LIMIT = 2 ** 15;
/** What samples are scaled from; others, such as floats from 0 to 1, would be cut to whole numbers, and be black. */
const DEPTHS: ReadonlySet<string> = new Set(['uchar', 'ushort']);

/**
 * Decodes a picture into bytes by row, column, channel. It is turned as its EXIF orientation says, transparent parts are
 * laid on white, samples of 16 bits are scaled to 8; of several pictures in a file, the first is taken.
 *
 * @throws UnequalError that names the file where it is no intact picture.
 */
export async function decodeImage(file: string, shape: ImageShape): Promise<Uint8Array> {
  return decodeBytes(file, await readWhole(file, FILE_LIMIT), shape);
}

/** {@link decodeImage} of a picture that is in memory; `file` names it in errors. */
export async function decodeBytes(file: string, bytes: Buffer, shape: ImageShape): Promise<Uint8Array> {
  const undecodable = (got: string, cause?: unknown) =>
    fault({
      wrong: `${file} cannot be decoded`,
      got,
      expected: 'an intact picture',
      mend: 'replace or remove it',
      cause,
    });
  const other = otherThanPicture(bytes);
  if (other !== undefined) throw undecodable(other);
  const sharp = await loadSharp();
  const source = sharp(bytes, { limitInputPixels: PIXEL_LIMIT });
  const known = await source.metadata().catch((cause: Error) => {
    throw undecodable(firstLine(cause.message), cause);
  });
  if (isTooLarge(known)) {
    throw undecodable(
      `${known.width} × ${known.height} pixels, at most ${SIDE_LIMIT} a side and ${PIXEL_LIMIT} in all`,
    );
  }
  if (known.channels > 4) {
    throw fault({
      wrong: `${file} cannot be decoded`,
      got: `${known.channels} channels`,
      expected: 'grey or colour, with or without transparency',
      mend: 'leave out channels, or write pictures as arrays with numpy.savez',
    });
  }
  if (!DEPTHS.has(known.depth ?? '')) {
    throw fault({
      wrong: `${file} cannot be decoded`,
      got: `samples of the type ${known.depth}, whose range is not known`,
      expected: 'whole numbers of 8 or 16 bits',
      mend: 'scale it to them, in Python: (65535 * (x - low) / (high - low)).astype("uint16")',
    });
  }
  const { data, info } = await pixelsOf(source, shape).catch((cause: Error) => {
    throw undecodable(firstLine(cause.message), cause);
  });
  if (info.channels !== shape.channels || data.length !== sizeOf(shape)) {
    throw undecodable(`${info.width} × ${info.height} × ${info.channels} bytes`);
  }
  return data;
}

/**
 * Begins to decode a picture in other threads alone: all of it, its reading too, is given to them at once, so that it goes on
 * while this thread is busy. `undefined` where that does not give what {@link decodeImage} gives, whose part it is to say why.
 */
export async function decodeAhead(file: string, shape: ImageShape): Promise<Uint8Array | undefined> {
  try {
    if (!looksLikePicture(file)) return undefined;
    const sharp = await loadSharp();
    const source = () => sharp(file, { limitInputPixels: PIXEL_LIMIT });
    const [known, { data, info }] = await Promise.all([source().metadata(), pixelsOf(source(), shape)]);
    const fits = info.channels === shape.channels && data.length === sizeOf(shape);
    return fits && !isTooLarge(known) && DEPTHS.has(known.depth ?? '') ? data : undefined;
  } catch {
    return undefined;
  }
}

/** Whether a regular file of bearable size begins like a picture; a few microseconds where the disk is awake. */
function looksLikePicture(file: string): boolean {
  const { start, size } = startOf(file);
  return size <= FILE_LIMIT && formatOf(start) !== undefined;
}

/** What a file is that does not begin like a picture; nothing of one that does. @throws UnequalError where it cannot be read. */
export function noPicture(file: string): string | undefined {
  return otherThanPicture(startOf(file).start);
}

function otherThanPicture(start: Buffer): string | undefined {
  if (formatOf(start) !== undefined) return undefined;
  return start.length === 0 ? 'an empty file' : 'another format';
}

function startOf(file: string): { readonly start: Buffer; readonly size: number } {
  const { fd, size } = openRegularSync(file);
  try {
    const start = Buffer.alloc(12);
    return { start: start.subarray(0, readSync(fd, start, 0, start.length, 0)), size };
  } finally {
    closeSync(fd);
  }
}

function pixelsOf(source: Sharp, { width, height, channels, fit }: ImageShape) {
  return source
    .autoOrient()
    .resize(width, height, { fit: fit === 'stretch' ? 'fill' : 'cover' })
    .flatten({ background: '#ffffff' })
    .toColourspace(channels === 1 ? 'b-w' : 'srgb')
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true });
}

/** The decoder's threads share one list of errors: lines after the first may be of another try, or of another picture. */
function firstLine(message: string): string {
  return message.split('\n', 1)[0];
}

function sizeOf({ height, width, channels }: ImageShape): number {
  return height * width * channels;
}

function isTooLarge({ width, height }: { readonly width: number; readonly height: number }): boolean {
  return Math.max(width, height) > SIDE_LIMIT || width * height > PIXEL_LIMIT;
}

const START: readonly (readonly [format: string, pattern: RegExp])[] = [
  ['jpeg', /^\xff\xd8\xff/],
  ['png', /^\x89PNG\r\n/],
  ['gif', /^GIF8[79]a/],
  ['webp', /^RIFF[\s\S]{4}WEBP/],
  ['tiff', /^(II[*+]\0|MM\0[*+])/],
  ['avif', /^[\s\S]{4}ftyp/],
];

/** The format that the first bytes of a file tell, of those that are read. What is none is never given to a decoder. */
export function formatOf(bytes: Buffer): string | undefined {
  const start = bytes.subarray(0, 12).toString('latin1');
  return START.find(([, pattern]) => pattern.test(start))?.[0];
}
