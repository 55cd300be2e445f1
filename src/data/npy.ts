import { fault } from '../errors.ts';

/** The header of a `.npy` file. */
export interface NpyHeader {
  /** NumPy's type string, `|u1` or `<i8`. */
  readonly descr: string;
  readonly shape: readonly number[];
  readonly fortran: boolean;
  /** Where the values start. */
  readonly offset: number;
}

const MAGIC = '\x93NUMPY';
/** The longest header that is read, in bytes; NumPy itself refuses longer ones than 10,000. */
export const LONGEST_HEADER = 10_012;

/**
 * Reads the header of a `.npy` file (NumPy enhancement proposal 1, versions 1 to 3).
 *
 * @param bytes the beginning of the file.
 * @param file the name used in errors.
 */
export function parseNpyHeader(bytes: Uint8Array, file: string): NpyHeader {
  const bad = (offset: number, got: string, expected: string) =>
    fault({ wrong: `${file} is not an npy file at byte ${offset}`, got, expected });
  if (bytes.length < 12) throw bad(bytes.length, 'the end of the file', 'a header');
  const magic = Buffer.from(bytes.buffer, bytes.byteOffset, 6).toString('latin1');
  if (magic !== MAGIC) throw bad(0, JSON.stringify(magic), JSON.stringify(MAGIC));
  const version = bytes[6];
  if (version < 1 || version > 3) throw bad(6, `version ${version}`, 'version 1, 2 or 3');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const start = version === 1 ? 10 : 12;
  const offset = start + (version === 1 ? view.getUint16(8, true) : view.getUint32(8, true));
  if (offset > LONGEST_HEADER) throw bad(8, `a header of ${offset} bytes`, `at most ${LONGEST_HEADER}`);
  if (bytes.length < offset) throw bad(bytes.length, 'the end of the file', `a header up to byte ${offset}`);
  const text = Buffer.from(bytes.buffer, bytes.byteOffset + start, offset - start).toString('latin1');
  const descr = /'descr':\s*'([^']+)'/.exec(text)?.[1];
  const fortran = /'fortran_order':\s*(True|False)/.exec(text)?.[1];
  const shape = /'shape':\s*\(([^()]*)\)/.exec(text)?.[1];
  if (descr === undefined || fortran === undefined || shape === undefined) {
    throw bad(start, text.trim().slice(0, 200), "a dictionary with 'descr' of one type, 'fortran_order' and 'shape'");
  }
  const dimensions = shape
    .split(',')
    .flatMap((d) => (d.trim() === '' ? [] : [/^\d+L?$/.test(d.trim()) ? parseInt(d, 10) : NaN]));
  const size = dimensions.reduce((product, dimension) => product * Math.max(1, dimension), 8);
  if (!Number.isSafeInteger(size)) throw bad(start, `the shape (${shape.slice(0, 200)})`, 'sizes that can be');
  return { descr, shape: dimensions, fortran: fortran === 'True', offset };
}

/** How many bytes one value of a plain numeric type string takes. */
export function itemSize({ descr }: NpyHeader, file: string): number {
  const match = /^[<|=>]([iu])([1248])$/.exec(descr);
  if (match === null || (descr[0] === '>' && match[2] !== '1')) {
    throw fault({ wrong: `${file} has values of another type`, got: descr, expected: 'little-endian whole numbers' });
  }
  return Number(match[2]);
}

/** Reads the whole number at byte `at`; one that float64 does not hold comes as its nearest. */
export function integerAt({ descr }: NpyHeader, bytes: Buffer, at: number): number {
  const size = Number(descr[2]);
  const signed = descr[1] === 'i';
  if (size === 8) return Number(signed ? bytes.readBigInt64LE(at) : bytes.readBigUInt64LE(at));
  return signed ? bytes.readIntLE(at, size) : bytes.readUIntLE(at, size);
}
