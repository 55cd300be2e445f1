import { open } from 'node:fs/promises';
import { basename } from 'node:path';
import { fault } from '../../../errors.ts';
import { counted } from '../../../plural.ts';
import { itemSize, LONGEST_HEADER, type NpyHeader, parseNpyHeader, valueAt } from '../../npy.ts';
import { openNpz } from '../../npz.ts';
import { sizeOfRegular } from '../../regular-file.ts';
import { type Cell, ofText } from '../cell.ts';
import { columnNames, type Row, type Table } from '../table.ts';
import { placeName } from '../unnamed.ts';

/** An array whose first axis counts the rows, read in blocks of whole rows. */
interface NamedArray {
  readonly name: string;
  readonly header: NpyHeader;
  blocks(): AsyncIterable<Buffer>;
}

/** Rows that are read from a `.npy` file at once, and about how many bytes they may have. */
const AT_ONCE = 1024;
const BLOCK = 2 ** 24;

/** The arrays of an `.npz` file as columns, one for each name. */
export async function npzTables(file: string): Promise<{ train: Table; test?: Table }> {
  const npz = await openNpz(file);
  const headers: { readonly name: string; readonly header: NpyHeader }[] = [];
  try {
    for (const name of npz.names) headers.push({ name, header: (await npz.array(name)).header });
  } finally {
    npz.close();
  }
  if (headers.length === 0) throw fault({ wrong: `${file} holds no arrays`, expected: 'one or more' });
  const arrays = headers.map(({ name, header }) => ({
    name,
    header,
    async *blocks() {
      const open = await openNpz(file);
      try {
        yield* (await open.array(name)).rows();
      } finally {
        open.close();
      }
    },
  }));
  return tablesOf(file, arrays);
}

/** `.npy` files as columns by the names of the files; one alone of two dimensions has a column for each of its own. */
export async function npyTables(name: string, files: readonly string[]): Promise<{ train: Table; test?: Table }> {
  const arrays = await Promise.all(
    files.map(async (file): Promise<NamedArray> => {
      const header = await headerOf(file);
      return { name: basename(file).replace(/\.npy$/i, ''), header, blocks: () => blocksOf(file, header) };
    }),
  );
  const [{ header }] = arrays;
  if (arrays.length > 1 || header.shape.length !== 2) return tablesOf(name, arrays);
  const names = Array.from({ length: header.shape[1] }, (_, k) => placeName(k));
  return {
    train: {
      name,
      columns: columnNames(names, name),
      unnamed: true,
      notes: [
        `the columns of ${basename(name)} are called column 1 to column ${names.length}; there was ${arrays[0].name}`,
      ],
      async *rows(): AsyncGenerator<Row> {
        const bytes = itemSize(header, name);
        let row = 0;
        for await (const block of arrays[0].blocks()) {
          for (let at = 0; at < block.length; at += names.length * bytes) {
            const cells = names.map((_, k) => cellAt(header, block, at + k * bytes));
            yield { cells, place: `${basename(name)}, row ${++row}` };
          }
        }
      },
    },
  };
}

/** `x_train` and `y_test` are columns x and y of the two parts. */
function tablesOf(name: string, arrays: readonly NamedArray[]): { train: Table; test?: Table } {
  const part = (which: RegExp) =>
    arrays.flatMap((array) => {
      const found = which.exec(array.name);
      if (found === null) return [];
      return [{ ...array, name: array.name.replace(which, '').replace(/^[_.-]+|[_.-]+$/g, '') || array.name }];
    });
  const train = part(/(^|[_.-])(train|training)(?=[_.-]|$)/i);
  const test = part(/(^|[_.-])(test|val|valid|validation)(?=[_.-]|$)/i);
  if (train.length === 0 || test.length === 0) return { train: tableOf(name, arrays) };
  if (train.length + test.length < arrays.length) {
    throw fault({
      wrong: `${name} has arrays of a training and a test part and others`,
      got: arrays.map((array) => array.name).join(', '),
      expected: 'names such as x_train, y_train, x_test, y_test',
    });
  }
  return { train: tableOf(name, train), test: tableOf(name, test) };
}

function tableOf(name: string, arrays: readonly NamedArray[]): Table {
  const [{ header, name: first }] = arrays;
  const length = header.shape[0];
  for (const array of arrays) {
    if (array.header.shape[0] === length) continue;
    throw fault({
      wrong: `the arrays of ${name} have different lengths`,
      got: `${array.header.shape[0] ?? 'one number'} in ${array.name}, ${length ?? 'one number'} in ${first}`,
      expected: 'a row in each for each sample',
    });
  }
  return {
    name,
    columns: columnNames(
      arrays.map((array) => array.name),
      name,
    ),
    async *rows(): AsyncGenerator<Row> {
      const readers = arrays.map((array) => cellsOf(array, name));
      try {
        for (let row = 1; ; row++) {
          const next = await Promise.all(readers.map((reader) => reader.next()));
          if (next.some(({ done }) => done)) return;
          yield { cells: next.map(({ value }) => value as Cell), place: `${basename(name)}, row ${row}` };
        }
      } finally {
        for (const reader of readers) await reader.return(undefined);
      }
    },
  };
}

/** The cells of an array: numbers or texts, or lists of the inner shape; of `[n, 1]`, as NumPy has targets, the numbers. */
async function* cellsOf({ name, header, blocks }: NamedArray, file: string): AsyncGenerator<Cell> {
  const shape = header.shape.slice(1);
  const size = shape.reduce((product, d) => product * d, 1);
  const bytes = itemSize(header, `${file}/${name}`);
  const isBytes = /u1$/.test(header.descr);
  if (shape.length > 0 && /[US]\d+$/.test(header.descr)) {
    const mend = `give one column, such as ${name}[:, 0]`;
    throw fault({
      wrong: `${file}/${name} has lists of texts`,
      got: `[${header.shape.join(', ')}]`,
      expected: 'one text a row',
      mend,
    });
  }
  for await (const block of blocks()) {
    for (let at = 0; at < block.length; at += size * bytes) {
      if (shape.length === 0 || (shape.length === 1 && size === 1)) {
        yield cellAt(header, block, at);
      } else if (isBytes) yield { shape, bytes: true, data: block.subarray(at, at + size) };
      else {
        const data = new Float64Array(size);
        for (let k = 0; k < size; k++) data[k] = Number(valueAt(header, block, at + k * bytes));
        yield { shape, data };
      }
    }
  }
}

function cellAt(header: NpyHeader, block: Buffer, at: number): Cell {
  const value = valueAt(header, block, at);
  return typeof value === 'string' ? ofText(value) : value;
}

async function headerOf(file: string): Promise<NpyHeader> {
  const size = await sizeOfRegular(file);
  const handle = await open(file, 'r');
  try {
    const start = Buffer.alloc(Math.min(size, LONGEST_HEADER));
    await handle.read(start, 0, start.length, 0);
    const header = parseNpyHeader(start, file);
    const { shape, offset } = header;
    if (shape.length === 0) throw fault({ wrong: `${file} is a single number`, expected: 'one row a sample' });
    const expected = offset + shape.reduce((product, d) => product * d, itemSize(header, file));
    if (size !== expected) {
      const got = `${size} bytes for [${shape.join(', ')}]`;
      throw fault({ wrong: `${file} is damaged`, got, expected: `${expected}`, mend: 'write or fetch it again' });
    }
    return header;
  } finally {
    await handle.close();
  }
}

/** Blocks of whole rows; NumPy has stored a transposed array column by column (Fortran order). */
async function* blocksOf(file: string, header: NpyHeader): AsyncGenerator<Buffer> {
  const { shape, offset, fortran } = header;
  const item = itemSize(header, file);
  const inner = shape.slice(1).reduce((product, d) => product * d, 1);
  const [n] = shape;
  if (fortran && shape.length > 2) {
    throw fault({ wrong: `${file} is in Fortran order`, expected: 'C order', mend: 'numpy.ascontiguousarray(array)' });
  }
  const handle = await open(file, 'r');
  const read = async (bytes: Buffer, at: number) => {
    for (let done = 0; done < bytes.length; ) {
      const { bytesRead } = await handle.read(bytes, done, bytes.length - done, at + done);
      if (bytesRead === 0) throw fault({ wrong: `${file} has become shorter`, got: counted(at + done, 'byte') });
      done += bytesRead;
    }
  };
  try {
    const atOnce = Math.max(1, Math.min(AT_ONCE, Math.floor(BLOCK / (inner * item))));
    for (let from = 0; from < n; from += atOnce) {
      const count = Math.min(atOnce, n - from);
      const block = Buffer.alloc(count * inner * item);
      if (!fortran || shape.length < 2) await read(block, offset + from * inner * item);
      else {
        const column = Buffer.alloc(count * item);
        for (let c = 0; c < inner; c++) {
          await read(column, offset + (c * n + from) * item);
          for (let r = 0; r < count; r++) column.copy(block, (r * inner + c) * item, r * item, (r + 1) * item);
        }
      }
      yield block;
    }
  } finally {
    await handle.close();
  }
}
