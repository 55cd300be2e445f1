/** The inputs of a compiled function, checked against its signature. */
import * as tf from '@tensorflow/tfjs';
import { fault } from '../errors.ts';
import { isPlain } from '../options.ts';
import { allocate, asData, type Data, type DType, dtypeOf } from './dtype.ts';

/** The shape of an input; null or a name stands for a dimension that is known when the function is called. */
export interface InputSpec {
  readonly shape: readonly (number | null | string)[];
  /** A `float64` input has no tensor in TensorFlow.js: see `native`. */
  readonly dtype?: 'float32' | 'float64' | 'int32' | 'bool';
}

type Elements = Float32Array | Float64Array | Int32Array | Uint8Array;

/** What an input may be given as: a tensor, its elements in row-major order, or these with their shape. */
export type Input = tf.Tensor | Elements | { readonly data: Elements; readonly shape: readonly number[] };
export type Inputs = Readonly<Record<string, Input>>;
type Shape = readonly number[];

export class Signature {
  readonly #specs: ReadonlyMap<string, Required<InputSpec>>;
  /** What the function is called in errors. */
  readonly #name: string;

  constructor(specs: Readonly<Record<string, InputSpec>>, name: string) {
    this.#name = name;
    const wanted = 'inputs by name, such as { x: { shape: [null, 2] } }';
    if (!isPlain(specs)) throw this.#fault('there is no signature', specs ?? 'nothing', wanted);
    this.#specs = new Map(
      Object.entries(specs).map(([input, spec]) => {
        const { shape, dtype = 'float32' } = spec ?? {};
        if (!Array.isArray(shape)) throw this.#fault(`input ${input} has no shape in the signature`, spec, wanted);
        if (dtype !== 'float64') dtypeOf(dtype, `input ${input}`);
        return [input, { shape, dtype }];
      }),
    );
  }

  get names(): string[] {
    return [...this.#specs.keys()];
  }

  dtype(name: string): DType {
    return this.#specs.get(name)!.dtype;
  }

  /** The elements of an input. */
  data(name: string, input: Input): Data {
    const dtype = this.dtype(name);
    const wanted = allocate(dtype, 0).constructor as { new (): Data; readonly name: string };
    const elements = isShaped(input) ? input.data : input;
    if (elements instanceof wanted) return elements;
    if (!(input instanceof tf.Tensor)) {
      const got = elements?.constructor?.name ?? typeof elements;
      throw this.#fault(`input ${name} has another data type`, got, wanted.name);
    }
    if (input.dtype !== dtype) throw this.#fault(`input ${name} has another data type`, input.dtype, dtype);
    return asData(dtype, input.dataSync());
  }

  /** The shapes by name, in the order of the signature. */
  ordered(shapes: Readonly<Record<string, Shape>>): Shape[] {
    return this.names.map((name) => own(shapes, name) ?? this.#missing(name, shapes));
  }

  /** The concrete shapes of the inputs. */
  shapes(inputs: Inputs): Shape[] {
    for (const name of Object.keys(inputs)) {
      if (this.#specs.has(name)) continue;
      throw this.#fault(`there is no input ${name}`, name, `one of ${this.names.join(', ')}`);
    }
    const sizes = new Map<string, { size: number; input: string }>();
    return this.names.map((name) => {
      const shape = this.#shape(name, own(inputs, name) ?? this.#missing(name, inputs));
      for (const [i, d] of this.#specs.get(name)!.shape.entries()) {
        if (typeof d === 'number') continue;
        const dimension = d ?? 'batch';
        const known = sizes.get(dimension) ?? { size: shape[i], input: name };
        if (known.size !== shape[i]) {
          const got = `${known.input}: ${known.size}, ${name}: ${shape[i]}`;
          throw this.#fault(`inputs differ in the dimension ${dimension}`, got);
        }
        sizes.set(dimension, known);
      }
      return shape;
    });
  }

  #shape(name: string, input: Input): Shape {
    const wanted = this.#specs.get(name)!.shape;
    const tensor = input instanceof tf.Tensor;
    if (tensor && input.isDisposed) throw this.#fault(`input ${name} is a disposed tensor`, `[${input.shape}]`);
    const shape = tensor || isShaped(input) ? input.shape : filled(wanted, input.length);
    if (shape?.length === wanted.length && wanted.every((d, i) => typeof d !== 'number' || d === shape[i]))
      return shape;
    const got = tensor || isShaped(input) ? `[${input.shape}]` : `${input.length} elements`;
    throw this.#fault(`input ${name} has another shape`, got, `[${wanted.map((d) => d ?? 'batch')}]`);
  }

  #missing(name: string, given: object): never {
    throw this.#fault(`input ${name} is missing`, Object.keys(given).join(', ') || 'nothing');
  }

  #fault(wrong: string, got?: unknown, expected?: string): Error {
    return fault({ wrong: `${this.#name}: ${wrong}`, got, expected });
  }
}

/** The part of that name that someone has put there. */
function own<T>(parts: { readonly [name: string]: T }, name: string): T | undefined {
  return Object.hasOwn(parts, name) ? parts[name] : undefined;
}

const isShaped = (input: Input): input is Exclude<Input, tf.Tensor | Elements> =>
  !(input instanceof tf.Tensor) && !ArrayBuffer.isView(input) && input !== null && typeof input === 'object';

/** The shape that `length` elements fill, if there is one. */
function filled(wanted: readonly (number | null | string)[], length: number): number[] | undefined {
  const open = wanted.filter((d) => typeof d !== 'number').length;
  const fixed = wanted.reduce<number>((p, d) => (typeof d === 'number' ? p * d : p), 1);
  if (open > 1) return undefined;
  const size = length / fixed;
  if (open === 1 ? !Number.isInteger(size) : length !== fixed) return undefined;
  return wanted.map((d) => (typeof d === 'number' ? d : size));
}
