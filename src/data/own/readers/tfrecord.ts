import { basename } from 'node:path';
import { fault } from '../../../errors.ts';
import { counted } from '../../../plural.ts';
import { formatOf } from '../../decode-image.ts';
import type { Broken, Table } from '../table.ts';
import { maskedCrc32c } from './crc32c.ts';
import { type FieldsOfRow, recordsTable } from './records.ts';
import { bytesOf } from './text.ts';

/** Bytes of one record. */
const LONGEST = 2 ** 28;

/**
 * A TFRecord file of `tf.train.Example`s, packed by gzip or not. A feature of one value is that value, one of several a
 * list; bytes that are text are text.
 *
 * @throws UnequalError where its frames or checksums are not those of a TFRecord file.
 *
 * Reference: TensorFlow, "TFRecord and tf.train.Example"; tensorflow/core/example/feature.proto.
 */
export function tfrecordTable(file: string): Promise<Table> {
  return recordsTable(file, (broken) => examples(file, broken));
}

async function* examples(file: string, broken: Broken | undefined): AsyncGenerator<FieldsOfRow> {
  const { PbfReader } = await import('pbf');
  let record = 0;
  for await (const bytes of frames(file)) {
    const place = `${basename(file)}, record ${++record}`;
    let fields: Map<string, unknown> | undefined;
    try {
      fields = exampleOf(new PbfReader(bytes));
    } catch (error) {
      broken?.report(place, `no tf.train.Example: ${(error as Error).message}`);
    }
    if (fields !== undefined) yield { fields, place };
  }
}

/** The data of each record: a length of 8 bytes, its checksum, the data, its checksum. */
async function* frames(file: string): AsyncGenerator<Buffer> {
  let buffer = Buffer.alloc(0);
  let at = 0;
  const damaged = (got: string, expected: string) =>
    fault({ wrong: `${file} is damaged at byte ${at}`, got, expected, mend: 'write or fetch it again' });
  let waiting: Buffer[] = [];
  let length = 0;
  let wanted = 12;
  for await (const chunk of bytesOf(file)) {
    waiting.push(chunk);
    length += chunk.length;
    if (length < wanted) continue;
    buffer = Buffer.concat(waiting);
    let from = 0;
    for (wanted = 12; buffer.length - from >= wanted; ) {
      const size = Number(buffer.readBigUInt64LE(from));
      if (maskedCrc32c(buffer.subarray(from, from + 8)) !== buffer.readUInt32LE(from + 8)) {
        throw damaged('a length that has not its checksum', 'a TFRecord file');
      }
      if (size > LONGEST) throw damaged(`a record of ${size} bytes`, `at most ${LONGEST}`);
      wanted = 16 + size;
      if (buffer.length - from < wanted) break;
      const data = buffer.subarray(from + 12, from + 12 + size);
      if (maskedCrc32c(data) !== buffer.readUInt32LE(from + 12 + size)) {
        throw damaged('a record that has not its checksum', 'an intact record');
      }
      yield data;
      from += wanted;
      at += wanted;
      wanted = 12;
    }
    waiting = [buffer.subarray(from)];
    length = buffer.length - from;
  }
  if (length > 0) throw damaged(`${counted(length, 'byte')} before the end`, 'a whole record');
}

type Reader = import('pbf').PbfReader;

/** Example { Features features = 1 }, Features { map<string, Feature> feature = 1 }. */
function exampleOf(reader: Reader): Map<string, unknown> {
  const fields = new Map<string, unknown>();
  const feature = (tag: number, one: { name: string; value: unknown }, pbf: Reader) => {
    if (tag === 1) one.name = pbf.readString();
    else if (tag === 2) one.value = oneOrList(pbf.readMessage(values, []));
  };
  const features = (tag: number, _: null, pbf: Reader) => {
    if (tag !== 1) return;
    const { name, value } = pbf.readMessage(feature, { name: '', value: undefined });
    fields.set(name, value);
  };
  reader.readFields((tag, _, pbf) => {
    if (tag === 1) pbf.readMessage(features, null);
  }, null);
  if (fields.size === 0) throw new Error('no features');
  return fields;
}

/** Feature { oneof { BytesList = 1, FloatList = 2, Int64List = 3 } }, each with `repeated value = 1`. */
function values(kind: number, found: unknown[], pbf: Reader): void {
  pbf.readMessage((tag, list, inner) => {
    if (tag !== 1) return;
    if (kind === 1) list.push(textIfAny(inner.readBytes()));
    else if (kind === 2) inner.readPackedFloat(list as number[]);
    else if (kind === 3) {
      const end = inner.type === 2 ? inner.readVarint() + inner.pos : inner.pos + 1;
      while (inner.pos < end) list.push(int64(inner));
    }
  }, found);
}

/** A bigint where float64 may not hold it. */
function int64(pbf: Reader): number | bigint {
  const from = pbf.pos;
  const value = pbf.readVarint(true);
  if (Number.isSafeInteger(value)) return value;
  const bytes = pbf.buf.subarray(from, pbf.pos);
  return BigInt.asIntN(
    64,
    bytes.reduce((whole, byte, k) => whole | (BigInt(byte & 127) << BigInt(7 * k)), 0n),
  );
}

function oneOrList(found: readonly unknown[]): unknown {
  return found.length === 1 ? found[0] : found.length === 0 ? undefined : found;
}

/** A picture stays bytes, and so does what is no UTF-8. */
function textIfAny(bytes: Uint8Array): string | Uint8Array {
  if (formatOf(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)) !== undefined) return bytes.slice();
  try {
    return decoder.decode(bytes);
  } catch {
    return bytes.slice();
  }
}

const decoder = new TextDecoder('utf-8', { fatal: true });
