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

/** How many bytes one value takes: a number, a truth value, or text of a fixed length. */
export function itemSize({ descr }: NpyHeader, file: string): number {
  const number = /^[<|=>](?:[iu]([1248])|f([48])|b(1))$/.exec(descr);
  const text = /^[<|=>]([US])([1-9]\d{0,5})$/.exec(descr);
  if (number !== null) return Number(number[1] ?? number[2] ?? number[3]);
  if (text !== null) return Number(text[2]) * (text[1] === 'U' ? 4 : 1);
  throw fault({
    wrong: `${file} has values of another type`,
    got: descr,
    expected: 'whole numbers, float32, float64, bool or text',
    mend: "convert it in Python: array.astype('float32')",
  });
}

/** {@link itemSize} of whole numbers that {@link integerAt} reads. */
export function integerSize(header: NpyHeader, file: string): number {
  const match = /^[<|=>][iu]([1248])$/.exec(header.descr);
  if (match === null || (header.descr[0] === '>' && match[1] !== '1')) {
    const { descr } = header;
    throw fault({ wrong: `${file} has values of another type`, got: descr, expected: 'little-endian whole numbers' });
  }
  return Number(match[1]);
}

/** The number or text at byte `at`; a bigint where float64 may not hold it: two classes must not become one. */
export function valueAt({ descr }: NpyHeader, bytes: Buffer, at: number): number | bigint | string {
  const [order, type] = descr;
  const size = Number(descr.slice(2));
  const big = order === '>';
  if (type === 'b') return bytes[at];
  if (type === 'S') return bytes.toString('latin1', at, at + size).replace(/\0+$/, '');
  if (type === 'U') {
    let text = '';
    for (let k = 0; k < size; k++) {
      const code = big ? bytes.readUInt32BE(at + 4 * k) : bytes.readUInt32LE(at + 4 * k);
      if (code === 0) break;
      if (code > 0x10ffff) {
        throw fault({
          wrong: 'a text in an npy file is damaged',
          got: `the letter ${code}`,
          expected: 'at most 1114111',
        });
      }
      text += String.fromCodePoint(code);
    }
    return text;
  }
  if (type === 'f') {
    if (size === 4) return big ? bytes.readFloatBE(at) : bytes.readFloatLE(at);
    return big ? bytes.readDoubleBE(at) : bytes.readDoubleLE(at);
  }
  if (size === 8) {
    const whole = big
      ? bytes[type === 'i' ? 'readBigInt64BE' : 'readBigUInt64BE'](at)
      : bytes[type === 'i' ? 'readBigInt64LE' : 'readBigUInt64LE'](at);
    return Number.isSafeInteger(Number(whole)) ? Number(whole) : whole;
  }
  if (!big) return integerAt({ descr }, bytes, at);
  return type === 'i' ? bytes.readIntBE(at, size) : bytes.readUIntBE(at, size);
}

/** Reads the whole number at byte `at`; one that float64 does not hold comes as its nearest. */
export function integerAt({ descr }: Pick<NpyHeader, 'descr'>, bytes: Buffer, at: number): number {
  const size = Number(descr[2]);
  const signed = descr[1] === 'i';
  if (size === 8) return Number(signed ? bytes.readBigInt64LE(at) : bytes.readBigUInt64LE(at));
  return signed ? bytes.readIntLE(at, size) : bytes.readUIntLE(at, size);
}
