import { crc32 } from '../crc32.ts';
import { fault } from '../errors.ts';
import type { TensorBoardImage } from './tensor-board.ts';

// Not imported: a bundler for browsers would follow an import, though nobody loads this file there.
const { deflateSync } = process.getBuiltinModule('node:zlib');

/** A picture as a PNG file. @throws UnequalError if it has not as many bytes as its pixels. */
export function png({ data, width, height, channels }: TensorBoardImage): Uint8Array {
  const right =
    [width, height].every((side) => Number.isSafeInteger(side) && side > 0) && (channels === 1 || channels === 3);
  if (!right || data?.length !== width * height * channels) {
    throw fault({
      wrong: 'no picture',
      got: `${width} × ${height} × ${channels} of ${data?.length} bytes`,
      expected: 'width × height × 1 or 3 bytes',
    });
  }
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  // Eight bits; grey or colour.
  header.set([8, channels === 3 ? 2 : 0], 8);
  const row = width * channels;
  const lines = new Uint8Array((row + 1) * height);
  for (let y = 0; y < height; y++) lines.set(data.subarray(y * row, (y + 1) * row), y * (row + 1) + 1);
  const signature = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
  return joined([
    signature,
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(lines)),
    chunk('IEND', new Uint8Array(0)),
  ]);
}

function chunk(type: string, data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(12 + data.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, data.length);
  bytes.set(new TextEncoder().encode(type), 4);
  bytes.set(data, 8);
  view.setUint32(8 + data.length, crc32(bytes.subarray(4, 8 + data.length)));
  return bytes;
}

export function joined(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
