import { crc32, deflateRawSync } from 'node:zlib';

/** A `.npy` file of version 1. */
export function npy(descr: string, shape: number[], data: Uint8Array, fortran = 'False'): Buffer {
  const text = `{'descr': '${descr}', 'fortran_order': ${fortran}, 'shape': (${shape.join(', ')},), }`;
  const header = `${text.padEnd(117)}\n`;
  return Buffer.concat([Buffer.from('\x93NUMPY\x01\x00', 'latin1'), Uint8Array.of(118, 0), Buffer.from(header), data]);
}

/** A zip as the specification says: a local header and data for each file, the central directory, its end. */
export function zip(files: Record<string, Buffer>, deflated = true): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const [name, data] of Object.entries(files)) {
    const packed = deflated ? deflateRawSync(data) : data;
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(deflated ? 8 : 0, 4);
    common.writeUInt32LE(crc32(data), 10);
    common.writeUInt32LE(packed.length, 14);
    common.writeUInt32LE(data.length, 18);
    common.writeUInt16LE(name.length, 22);
    parts.push(Buffer.from('PK\x03\x04', 'latin1'), common, Buffer.from(name), packed);
    const place = Buffer.alloc(14);
    place.writeUInt32LE(offset, 10);
    directory.push(Buffer.from('PK\x01\x02\x14\x00', 'latin1'), common, place, Buffer.from(name));
    offset += 30 + name.length + packed.length;
  }
  const central = Buffer.concat(directory);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(Object.keys(files).length, 4);
  end.writeUInt16LE(Object.keys(files).length, 6);
  end.writeUInt32LE(central.length, 8);
  end.writeUInt32LE(offset, 12);
  return Buffer.concat([...parts, central, Buffer.from('PK\x05\x06', 'latin1'), end]);
}
