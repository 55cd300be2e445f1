/**
 * Enough of the WebAssembly binary format to write a kernel by hand: one function over an imported memory, of 32-bit
 * integers, floats and vectors of four floats. An instruction is the list of its bytes, a body the list of its
 * instructions.
 *
 * Reference: WebAssembly Core Specification 2.0, section 5 (binary format).
 */
export type Code = readonly number[];

enum Type {
  I32 = 0x7f,
  V128 = 0x7b,
  Function = 0x60,
  Void = 0x40,
}

/** Unsigned LEB128. */
function unsigned(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  do {
    const low = rest & 0x7f;
    rest >>>= 7;
    bytes.push(rest === 0 ? low : low | 0x80);
  } while (rest !== 0);
  return bytes;
}

/** Signed LEB128. */
function signed(value: number): number[] {
  const bytes: number[] = [];
  for (let rest = value; ; rest >>= 7) {
    const low = rest & 0x7f;
    if (rest >> 7 === (low & 0x40 ? -1 : 0)) return [...bytes, low];
    bytes.push(low | 0x80);
  }
}

const vector = (items: Code[]): number[] => [...unsigned(items.length), ...items.flat()];
const sized = (bytes: Code): number[] => [...unsigned(bytes.length), ...bytes];
const section = (id: number, bytes: Code): number[] => [id, ...sized(bytes)];
const name = (text: string): number[] => sized([...new TextEncoder().encode(text)]);
/** Alignment of four bytes and an offset: the immediates of a load or store. */
const memory = (offset: number): number[] => [2, ...unsigned(offset)];
const simd = (opcode: number, ...immediates: number[]): Code => [0xfd, ...unsigned(opcode), ...immediates];

export const get = (local: number): Code => [0x20, ...unsigned(local)];
export const set = (local: number): Code => [0x21, ...unsigned(local)];
export const int = (value: number): Code => [0x41, ...signed(value)];
/** Of three operands the first if the third is not zero, else the second. */
export const select: Code = [0x1b];
export const i32 = { add: [0x6a], sub: [0x6b], mul: [0x6c], geS: [0x4e], gtS: [0x4a] } as const;
export const f32x4 = {
  load: (offset: number) => simd(0, ...memory(offset)),
  loadSplat: (offset: number) => simd(9, ...memory(offset)),
  /** One float and three zeros. */
  loadOne: (offset: number) => simd(0x5c, ...memory(offset)),
  store: (offset: number) => simd(11, ...memory(offset)),
  storeOne: (offset: number) => simd(0x5a, ...memory(offset), 0),
  zero: simd(12, ...new Array(16).fill(0)),
  add: simd(0xe4),
  mul: simd(0xe6),
} as const;

/** `do { body } while (condition)` */
export const doWhile = (body: Code[], condition: Code[]): Code => [
  ...[0x03, Type.Void],
  ...[...body, ...condition].flat(),
  ...[0x0d, 0x00, 0x0b],
];

/** `if (condition) { body }` */
export const when = (condition: Code[], body: Code[]): Code => [
  ...condition.flat(),
  ...[0x04, Type.Void],
  ...body.flat(),
  0x0b,
];

/** `while (condition) { body }` */
export const whileLoop = (condition: Code[], body: Code[]): Code => when(condition, [doWhile(body, condition)]);

export interface FunctionSource {
  readonly name: string;
  /** Number of parameters, all 32-bit integers: locals 0 … parameters − 1. */
  readonly parameters: number;
  /** Further integer locals, counted on from the parameters. */
  readonly integers: number;
  /** Further vector locals, counted on from the integers. */
  readonly vectors: number;
  readonly body: Code[];
}

/**
 * The bytes of a module that imports `env.memory` and exports one function without a result.
 *
 * @param shared Whether the memory is shared between threads; its type must say so.
 */
export function assemble(source: FunctionSource, shared: boolean): Uint8Array<ArrayBuffer> {
  const type = [Type.Function, ...vector(new Array(source.parameters).fill([Type.I32])), 0];
  const limits = shared ? [0x03, 0, ...unsigned(65536)] : [0x00, 0];
  const locals = vector([
    [...unsigned(source.integers), Type.I32],
    [...unsigned(source.vectors), Type.V128],
  ]);
  return new Uint8Array([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, vector([type])),
    ...section(2, vector([[...name('env'), ...name('memory'), 0x02, ...limits]])),
    ...section(3, vector([[0]])),
    ...section(7, vector([[...name(source.name), 0x00, 0]])),
    ...section(10, vector([sized([...locals, ...source.body.flat(), 0x0b])])),
  ]);
}
