/** Data types: what TensorFlow.js, ONNX and typed arrays call the same thing. */
import { fault } from '../errors.ts';

/** Types of numbers in a graph. */
export type DType = 'float32' | 'float64' | 'int32' | 'int64' | 'bool';
/** Numbers of a tensor, row by row. */
export type Data = Float32Array | Float64Array | Int32Array | BigInt64Array | Uint8Array;

/** `TensorProto.DataType`. */
export const onnxType: Record<DType, number> = { float32: 1, float64: 11, int32: 6, int64: 7, bool: 9 };

export function allocate(dtype: DType, size: number): Data {
  if (dtype === 'float32') return new Float32Array(size);
  if (dtype === 'float64') return new Float64Array(size);
  if (dtype === 'int32') return new Int32Array(size);
  if (dtype === 'int64') return new BigInt64Array(size);
  return new Uint8Array(size);
}

/** Copies numbers into the typed array of a data type. */
export function toData(dtype: DType, values: ArrayLike<number | boolean | bigint>): Data {
  const data = allocate(dtype, values.length);
  for (let i = 0; i < values.length; i++)
    data[i] = (dtype === 'int64' ? BigInt(values[i]) : Number(values[i])) as never;
  return data;
}

/** What a backend hands out for a tensor, in the array type of its data type (a backend may use another). */
export function asData(dtype: DType, values: ArrayLike<number | boolean>): Data {
  const fits =
    dtype === 'float32'
      ? values instanceof Float32Array
      : dtype === 'int32'
        ? values instanceof Int32Array
        : values instanceof Uint8Array;
  return fits ? (values as unknown as Data) : toData(dtype, values);
}

/** The data type of a TensorFlow.js tensor, or an error: ONNX Runtime trains neither complex numbers nor strings. */
export function dtypeOf(dtype: string, what: string): DType {
  if (dtype === 'float32' || dtype === 'int32' || dtype === 'bool') return dtype;
  throw fault({
    wrong: `${what} has a data type that cannot be compiled`,
    got: dtype,
    expected: 'float32, int32 or bool',
    mend: 'cast it, or use the eager engine',
  });
}

export const sizeOf = (shape: readonly number[]): number => shape.reduce((product, d) => product * d, 1);

export const sameShape = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((d, i) => d === b[i]);

/** The shape two shapes broadcast to. */
export function broadcast(a: readonly number[], b: readonly number[]): number[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, i) => {
    const x = a[a.length - rank + i] ?? 1;
    const y = b[b.length - rank + i] ?? 1;
    if (x !== y && x !== 1 && y !== 1) throw fault({ wrong: 'shapes do not broadcast', got: `[${a}] and [${b}]` });
    return x === 1 ? y : x;
  });
}
