/** CRC-32 (ISO-HDLC, as in gzip and PNG), by Node where it has one and by a table elsewhere. */

/** @param value the sum of the bytes before these. */
export type Crc32 = (bytes: Uint8Array, value?: number) => number;

let table: Int32Array | undefined;

function makeTable(): Int32Array {
  return Int32Array.from({ length: 256 }, (_, byte) => {
    let value = byte;
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
    return value;
  });
}

/** The same number as the other way, without Node. */
export const portableCrc32: Crc32 = (bytes, value = 0) => {
  table ??= makeTable();
  let crc = ~value;
  for (let i = 0; i < bytes.length; i++) crc = (crc >>> 8) ^ table[(crc ^ bytes[i]) & 255];
  return ~crc >>> 0;
};

/** The sum of bytes: Node's own is ten times faster. */
export const crc32: Crc32 =
  (globalThis.process?.getBuiltinModule?.('node:zlib') as { crc32?: Crc32 } | undefined)?.crc32 ?? portableCrc32;
