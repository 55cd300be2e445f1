import { assemble, type Code, doWhile, f32x4, get, i32, int, select, set, whileLoop } from './assembler.ts';
import { memoryOf, type WasmBackend } from './backend.ts';

/**
 * A matrix in the backend's memory: the address of its first element and the distances, in bytes, from one row and one
 * column to the next. Strides make a transpose, a row of pixels or a repeated scalar a matrix without a copy.
 */
export interface Matrix {
  readonly address: number;
  readonly row: number;
  readonly column: number;
}

/** A matrix whose columns are adjacent floats. */
export type RowMatrix = Omit<Matrix, 'column'>;

export interface Gemm {
  /** `C[m × n] += A[m × k] · B[k × n]` */
  multiply(m: number, n: number, k: number, a: Matrix, b: RowMatrix, c: RowMatrix): void;
  /**
   * `C[m × n] += Σ_r A_r[m × k] · B_r[k × n]` for `repeats` matrices: A_{r+1} starts `jump` bytes after A_r and B_{r+1}
   * where B_r ends. It is the product of one matrix whose columns are the pixels of a window of an image.
   */
  multiplyWindow(
    m: number,
    n: number,
    k: number,
    a: Matrix & { readonly jump: number },
    b: RowMatrix,
    c: RowMatrix,
    repeats: number,
  ): void;
}

/**
 * The inner dimension is cut at this length so that the part of A and B a tile runs over stays in the first-level
 * cache, and so that long sums are sums of partial sums, which keeps their rounding error small.
 */
const depth = 256;

const gemms = new WeakMap<WebAssembly.Memory, Gemm>();

/** The matrix product on the memory of a backend. */
export function gemmOn(backend: WasmBackend): Gemm {
  const memory = memoryOf(backend);
  let gemm = gemms.get(memory);
  if (gemm === undefined) {
    gemm = instantiate(backend);
    gemms.set(memory, gemm);
  }
  return gemm;
}

function instantiate(backend: WasmBackend): Gemm {
  const memory = memoryOf(backend);
  const shared = typeof SharedArrayBuffer !== 'undefined' && memory.buffer instanceof SharedArrayBuffer;
  const module = new WebAssembly.Module(assemble(source, shared));
  const { block } = new WebAssembly.Instance(module, { env: { memory } }).exports as { block: Block };
  return {
    multiply(m, n, k, a, b, c) {
      const packs = m >= 64 && b.row >= 4096;
      const panels = packs ? backend.wasm._malloc(4 * Math.min(depth, k) * n) >>> 0 : 0;
      for (let start = 0; start < k; start += depth) {
        const rows = Math.min(depth, k - start);
        const from = b.address + start * b.row;
        if (packs) pack(new Float32Array(memory.buffer), from / 4, b.row / 4, rows, n, panels / 4);
        block(
          ...[m, n, rows],
          ...[a.address + start * a.column, a.row, a.column],
          ...(packs ? [panels, 0] : [from, b.row]),
          ...[c.address, c.row, 1, 0],
        );
      }
      if (packs) backend.wasm._free(panels);
    },
    multiplyWindow(m, n, k, a, b, c, repeats) {
      const step = Math.max(1, Math.floor(depth / k));
      for (let start = 0; start < repeats; start += step) {
        block(
          ...[m, n, k],
          ...[a.address + start * a.jump, a.row, a.column],
          ...[b.address + start * k * b.row, b.row],
          ...[c.address, c.row, Math.min(step, repeats - start), a.jump - k * a.column],
        );
      }
    },
  };
}

/**
 * Copies `rows` rows of B as panels, each the columns of one tile, one behind the other. Where the rows of B are
 * a page or more apart every one costs a look-up of its page, and a width of a power of two puts them all in the same
 * few lines of the cache.
 */
function pack(floats: Float32Array, from: number, row: number, rows: number, n: number, panels: number): void {
  let to = panels;
  let column = 0;
  for (const width of widths) {
    for (; column + width <= n; column += width) {
      for (let k = 0, at = from + column; k < rows; k++, at += row) {
        for (let j = 0; j < width; j++) floats[to++] = floats[at + j];
      }
    }
  }
}

type Block = (...parameters: number[]) => void;

// The locals of `block`: its parameters, then the pointers that move, then four sums of two vectors, and a row of B.
const [M, N, K, A, aRow, aColumn, B, bRow, C, cRow, repeats, aGap] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11];
const [columns, b, c, p, left, turns, bStep, a0] = [12, 13, 14, 15, 16, 17, 18, 19];
const integers = 11;
const sums = 12 + integers;
const bVectors = sums + 8;

const add = (local: number, ...amount: Code[]): Code => [...get(local), ...amount.flat(), ...i32.add, ...set(local)];
const subtract = (local: number, amount: number): Code => add(local, int(-amount));
const copy = (to: number, from: number): Code => [...get(from), ...set(to)];

/** Columns of a tile: two vectors, one, or a single float. */
const widths = [8, 4, 1] as const;

/** `C[rows × width] += A[rows × k] · B[k × width]` for one tile, its sums held in registers. */
function tile(rows: number, width: (typeof widths)[number]): Code {
  const vectors = Math.ceil(width / 4);
  const load = width === 1 ? f32x4.loadOne : f32x4.load;
  const store = width === 1 ? f32x4.storeOne : f32x4.store;
  const each = <T>(count: number, f: (index: number) => T): T[] =>
    Array.from({ length: count }, (_, index) => f(index));
  const sum = (row: number, v: number) => sums + row * 2 + v;
  return [
    each(rows, (row) => (row === 0 ? copy(a0, A) : [...get(a0 + row - 1), ...get(aRow), ...i32.add, ...set(a0 + row)])),
    each(rows, (row) => each(vectors, (v) => [...f32x4.zero, ...set(sum(row, v))])).flat(),
    copy(p, b),
    copy(turns, repeats),
    doWhile(
      [
        copy(left, K),
        doWhile(
          [
            ...each(vectors, (v) => [...get(p), ...load(16 * v), ...set(bVectors + v)]),
            ...each(rows, (row) => [
              ...[...get(a0 + row), ...f32x4.loadSplat(0), ...set(bVectors + 2)],
              ...each(vectors, (v) => [
                ...[...get(bVectors + 2), ...get(bVectors + v), ...f32x4.mul],
                ...[...get(sum(row, v)), ...f32x4.add, ...set(sum(row, v))],
              ]).flat(),
              ...add(a0 + row, get(aColumn)),
            ]),
            add(p, get(bStep)),
            subtract(left, 1),
          ],
          [get(left)],
        ),
        ...each(rows, (row) => add(a0 + row, get(aGap))),
        subtract(turns, 1),
      ],
      [get(turns)],
    ),
    copy(p, c),
    each(rows, (row) => [
      ...each(vectors, (v) => [
        ...get(p),
        ...[...get(p), ...load(16 * v), ...get(sum(row, v)), ...f32x4.add],
        ...store(16 * v),
      ]).flat(),
      ...add(p, get(cRow)),
    ]),
  ].flat(2) as number[];
}

/** Takes `rows` rows of C at a time while so many are left. */
const bands = (rows: number): Code =>
  whileLoop(
    [get(M), int(rows), i32.geS],
    [
      copy(columns, N),
      copy(b, B),
      copy(c, C),
      ...widths.map((width) => [
        // Without a distance between its rows B is packed: a row of a panel is as long as the tile is wide.
        ...[...get(bRow), ...int(4 * width), ...get(bRow), ...select, ...set(bStep)],
        ...whileLoop(
          [get(columns), int(width), i32.geS],
          [
            tile(rows, width),
            subtract(columns, width),
            add(b, int(4 * width), int(1), get(K), get(bRow), select, i32.mul),
            add(c, int(4 * width)),
          ],
        ),
      ]),
      subtract(M, rows),
      add(A, int(rows), get(aRow), i32.mul),
      add(C, int(rows), get(cRow), i32.mul),
    ],
  );

const source = {
  name: 'block',
  parameters: 12,
  integers,
  vectors: 11,
  body: [bands(4), bands(1)],
};
