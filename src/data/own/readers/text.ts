import { createReadStream } from 'node:fs';
import { createGunzip } from 'node:zlib';
import { fault, UnequalError } from '../../../errors.ts';
import { sizeOfRegular } from '../../regular-file.ts';
import { firstBad, LineCount } from './bad-text.ts';

/** Bytes that a packed file may unpack to, however small it is; */
const ANYWAY = 2 ** 21;
/** beyond that, this many times what was read of it. Tables come to a tenth of it; a few bytes over and over to 1,000. */
const PACKED_MOST = 250;

/**
 * The bytes of a file as they come, unpacked where it is gzip. @throws UnequalError where there is no such file, it is
 * damaged, or unpacks to more than a table would.
 */
export async function* bytesOf(file: string): AsyncGenerator<Buffer> {
  await sizeOfRegular(file);
  const raw = createReadStream(file);
  const gunzip = /\.gz$/i.test(file) ? createGunzip() : undefined;
  const stream = gunzip === undefined ? raw : raw.pipe(gunzip);
  // A pipe does not hand on errors.
  raw.on('error', (error) => stream.destroy(error));
  let unpacked = 0;
  try {
    for await (const chunk of stream) {
      unpacked += (chunk as Buffer).length;
      const packed = gunzip?.bytesWritten ?? unpacked;
      if (unpacked > ANYWAY + PACKED_MOST * packed) {
        const got = `more than ${unpacked} bytes in the first ${packed}, which no table has`;
        throw fault({
          wrong: `${file} cannot be read`,
          got,
          mend: 'unpack it yourself (gunzip) if it is what it should be',
        });
      }
      yield chunk as Buffer;
    }
  } catch (cause) {
    if (cause instanceof UnequalError) throw cause;
    throw fault({ wrong: `${file} cannot be read`, got: (cause as Error).message, expected: 'an intact file', cause });
  } finally {
    stream.destroy();
    raw.destroy();
  }
}

/**
 * The text of a file in pieces: UTF-8, or UTF-16 where a mark at its beginning says so (as Excel's "Unicode text").
 * @throws UnequalError where its bytes are no such text; a letter read wrongly would be another letter without a word.
 */
export async function* textChunks(file: string): AsyncGenerator<string> {
  let encoding: string | undefined;
  let decoder: TextDecoder | undefined;
  const lines = new LineCount();
  let [before, at] = [new Uint8Array(), 0];
  const refuse = (got: string, cause?: unknown) =>
    fault({
      wrong: `${file} is not text in ${encoding?.toUpperCase()} at line ${lines.line}`,
      got,
      expected: 'UTF-8, or UTF-16 with its mark',
      mend: 'save it as UTF-8 (iconv -f latin1 -t utf8 turns the old Windows and Latin ones)',
      cause,
    });
  for await (const chunk of bytesOf(file)) {
    encoding ??= encodingOf(chunk);
    decoder ??= new TextDecoder(encoding, { fatal: true });
    let text: string;
    try {
      text = decoder.decode(chunk, { stream: true });
    } catch (cause) {
      const bad = firstBad(encoding, { before, chunk, at }, lines);
      throw refuse(
        bad === undefined ? 'bytes that are none' : `the byte 0x${bad.toString(16).padStart(2, '0')}`,
        cause,
      );
    }
    const zero = text.indexOf('\0');
    lines.pass(zero < 0 ? text : text.slice(0, zero));
    if (zero >= 0) throw refuse('a zero byte');
    before = Uint8Array.from(chunk.subarray(-3));
    at += chunk.length;
    if (text !== '') yield text;
  }
  try {
    decoder?.decode();
  } catch (cause) {
    throw refuse('a letter that is cut short', cause);
  }
}

function encodingOf([first, second]: Buffer): string {
  if (first === 0xff && second === 0xfe) return 'utf-16le';
  return first === 0xfe && second === 0xff ? 'utf-16be' : 'utf-8';
}
