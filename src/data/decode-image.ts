import { fault } from '../errors.ts';
import { readWhole } from './regular-file.ts';
import { loadSharp } from './sharp.ts';

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
export async function decodeBytes(
  file: string,
  bytes: Buffer,
  { height, width, channels, fit }: ImageShape,
): Promise<Uint8Array> {
  const undecodable = (got: string, cause?: unknown) =>
    fault({
      wrong: `${file} cannot be decoded`,
      got,
      expected: 'an intact picture',
      mend: 'replace or remove it',
      cause,
    });
  if (formatOf(bytes) === undefined) throw undecodable(bytes.length === 0 ? 'an empty file' : 'another format');
  const sharp = await loadSharp();
  const source = sharp(bytes, { limitInputPixels: PIXEL_LIMIT });
  const known = await source.metadata().catch((cause: Error) => {
    throw undecodable(cause.message, cause);
  });
  if (Math.max(known.width, known.height) > SIDE_LIMIT || known.width * known.height > PIXEL_LIMIT) {
    throw undecodable(
      `${known.width} × ${known.height} pixels, at most ${SIDE_LIMIT} a side and ${PIXEL_LIMIT} in all`,
    );
  }
  const image = source
    .autoOrient()
    .resize(width, height, { fit: fit === 'stretch' ? 'fill' : 'cover' })
    .flatten({ background: '#ffffff' })
    .toColourspace(channels === 1 ? 'b-w' : 'srgb')
    .raw({ depth: 'uchar' });
  const { data, info } = await image.toBuffer({ resolveWithObject: true }).catch((cause: Error) => {
    throw undecodable(cause.message, cause);
  });
  if (info.channels !== channels || data.length !== height * width * channels) {
    throw undecodable(`${info.width} × ${info.height} × ${info.channels} bytes`);
  }
  return data;
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
