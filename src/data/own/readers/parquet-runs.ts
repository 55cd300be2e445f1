import type { FileMetaData } from 'hyparquet';
import type { Compressors, DataReader, PageHeader } from 'hyparquet/src/types.js';

/** Values in one page; those that programs write have thousands, some a million. */
const most = 2 ** 24;

/** What is read of a file. */
interface Source {
  readonly slice: (from: number, to: number) => ArrayBuffer;
  readonly metadata: FileMetaData;
  readonly compressors: Compressors;
}

/** What tells values and levels of a column. */
interface Column {
  readonly isBoolean: boolean;
  /** Bits of a level of repetition and of definition; 0 where there are none. */
  readonly repetition: number;
  readonly definition: number;
  readonly deepest: number;
  readonly unpack: (bytes: Uint8Array, size: number) => Uint8Array;
}

/**
 * Refuses pages of a row group that hyparquet would decode without end: a damaged one may say that a value comes a thousand
 * million times. An array that long ends the process, and no error can be caught.
 *
 * Reference: Apache Parquet, encodings, "Run Length Encoding / Bit-Packing Hybrid".
 *
 * @throws Error that says what is wrong.
 */
export async function checkRuns({ slice, metadata, compressors }: Source, group: number): Promise<void> {
  const { parquetHeader } = await import('hyparquet/src/column.js');
  const { decompressPage } = await import('hyparquet/src/datapage.js');
  const { getMaxDefinitionLevel, getMaxRepetitionLevel, getSchemaPath } = await import('hyparquet/src/schema.js');
  const hybrid = new Hybrid(
    (await import('hyparquet/src/thrift.js')).readVarInt,
    (await import('hyparquet/src/encoding.js')).readRleBitPackedHybrid,
  );
  for (const { meta_data: about } of metadata.row_groups[group].columns) {
    if (about === undefined) continue;
    const path = getSchemaPath(metadata.schema, about.path_in_schema);
    const deepest = getMaxDefinitionLevel(path);
    const column = {
      isBoolean: about.type === 'BOOLEAN',
      repetition: bits(getMaxRepetitionLevel(path)),
      definition: bits(deepest),
      deepest,
      unpack: (bytes: Uint8Array, size: number) => decompressPage(bytes, size, about.codec, compressors),
    };
    const from = Number(about.dictionary_page_offset || about.data_page_offset);
    const bytes = new Uint8Array(slice(from, from + Number(about.total_compressed_size)));
    const reader = readerOf(bytes);
    while (reader.offset < bytes.length - 1) {
      const header = parquetHeader(reader);
      const size = header.compressed_page_size;
      if (!(size >= 0 && size <= bytes.length - reader.offset)) throw new Error(`a page of ${size} bytes`);
      checkPage(hybrid, header, column, bytes.subarray(reader.offset, reader.offset + size));
      reader.offset += size;
    }
  }
}

function checkPage(hybrid: Hybrid, header: PageHeader, column: Column, bytes: Uint8Array): void {
  const { data_page_header: first, data_page_header_v2: second, dictionary_page_header: dictionary } = header;
  if (header.type === 'DICTIONARY_PAGE') checkCount(dictionary?.num_values ?? 0);
  else if (header.type === 'DATA_PAGE' && first) {
    const count = checkCount(first.num_values);
    const reader = readerOf(column.unpack(bytes, Number(header.uncompressed_page_size)));
    if (column.repetition > 0) hybrid.check(reader, column.repetition, count, undefined);
    const nulls = column.definition > 0 ? hybrid.below(reader, column.definition, count, column.deepest) : 0;
    checkValues(hybrid, reader, first.encoding, column.isBoolean, count - nulls);
  } else if (header.type === 'DATA_PAGE_V2' && second) {
    const count = checkCount(second.num_values);
    const { repetition_levels_byte_length: repetition, definition_levels_byte_length: definition } = second;
    const reader = readerOf(bytes);
    if (column.repetition > 0) hybrid.check(reader, column.repetition, count, repetition);
    reader.offset = repetition;
    if (column.definition > 0) hybrid.check(reader, column.definition, count, definition);
    else reader.offset += definition;
    const size = Number(header.uncompressed_page_size) - repetition - definition;
    const rest = bytes.subarray(reader.offset);
    const values = second.is_compressed !== false && size ? column.unpack(rest, size) : rest;
    checkValues(hybrid, readerOf(values), second.encoding, column.isBoolean, checkCount(count - second.num_nulls));
  }
}

/** Of the encodings only these come in runs; that of booleans begins with its length, others with the bits of a value. */
function checkValues(hybrid: Hybrid, reader: DataReader, encoding: string, isBoolean: boolean, count: number): void {
  if (encoding !== 'RLE' && encoding !== 'RLE_DICTIONARY' && encoding !== 'PLAIN_DICTIONARY') return;
  if (count === 0) return;
  if (isBoolean) hybrid.check(reader, 1, count, undefined);
  else {
    const width = reader.view.getUint8(reader.offset++);
    if (width > 0) hybrid.check(reader, width, count, reader.view.byteLength - reader.offset);
  }
}

/** Runs of values: one that is repeated, or some packed by their bits. */
class Hybrid {
  constructor(
    private readonly readVarInt: (reader: DataReader) => number,
    private readonly read: (reader: DataReader, width: number, output: number[], length?: number) => void,
  ) {}

  /**
   * Passes over runs of `count` values.
   * @param width bits of a value.
   * @param length bytes; stands before them where it is not given.
   */
  check(reader: DataReader, width: number, count: number, length: number | undefined): void {
    if (width > 32) throw new Error(`values of ${width} bits`);
    const size = length ?? reader.view.getUint32(reader.offset, true);
    if (length === undefined) reader.offset += 4;
    const end = reader.offset + size;
    for (let seen = 0; seen < count; ) {
      const header = this.readVarInt(reader);
      const packed = (header & 1) === 1;
      const values = packed ? (header >> 1) * 8 : header >>> 1;
      // Packed ones come in eights, of which the last may be more than there are.
      if (values < 0 || values > count + (packed ? 512 : 0)) {
        throw new Error(`a run of ${values} values in a page of ${count}`);
      }
      reader.offset += packed ? Math.max(1, (values * width) / 8) : (width + 7) >> 3;
      seen += values;
    }
    reader.offset = end;
  }

  /** The same, of levels. @returns how many are not the deepest. */
  below(reader: DataReader, width: number, count: number, deepest: number): number {
    const { offset } = reader;
    this.check(reader, width, count, undefined);
    const levels = new Array<number>(count);
    this.read({ view: reader.view, offset }, width, levels);
    return levels.reduce((below, level) => below + (level === deepest ? 0 : 1), 0);
  }
}

function checkCount(count: number): number {
  if (count >= 0 && count <= most) return count;
  throw new Error(`a page of ${count} values, where ${most} are the most that is read`);
}

const readerOf = (bytes: Uint8Array): DataReader => ({
  view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength),
  offset: 0,
});

/** Bits of the levels up to `deepest`. */
const bits = (deepest: number): number => 32 - Math.clz32(deepest);
