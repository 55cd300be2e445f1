/**
 * A backend of TensorFlow.js whose kernels record instead of compute.
 *
 * Each data id stands for a symbol. Tensors of other backends that a traced function uses become constants of the graph
 * (they are read, not moved), except the variables and numbers that `trace.ts` gives a meaning to.
 */
import * as tf from '@tensorflow/tfjs';
import { fault } from '../errors.ts';
import { type DType, dtypeOf, sizeOf, toData } from './dtype.ts';
import { isExchanged } from './exchanged-kernels.ts';
import { Emitter, rounded, type Sym } from './symbol.ts';

type Values = ArrayLike<number | boolean>;

interface Record_ {
  readonly sym: Sym;
  /** What TensorFlow.js sees rounded. */
  readonly exact?: Sym;
  references: number;
  /** The layer that was being applied when the tensor was made. */
  readonly layer: string | undefined;
  /** How to compute it, where it is made of constants alone. */
  readonly origin?: Origin;
  /** Whether it was made during the trace, not only read. */
  readonly made?: true;
}

/** The call of a kernel whose inputs are all constants. */
export interface Origin {
  readonly kernelName: string;
  readonly inputs: tf.NamedTensorInfoMap;
  readonly attrs: tf.NamedAttrMap;
  /** Which of the outputs. */
  readonly index: number;
}

/** What the tracer knows about numbers that are not what they seem. */
export interface Meanings {
  /** The symbol for a tensor of another backend, if it is more than a constant. */
  tensor(dataId: object): Sym | undefined;
  /** The symbol for numbers written during the trace, if they are more than constants. */
  written(values: Values, shape: readonly number[], dtype: DType): Sym | undefined;
  /** How often random numbers were drawn so far. */
  drawn(): number;
  /** Takes back what was drawn from a number on: nothing computes with it. */
  forgetDraws(from: number): void;
}

export class Recorder extends tf.KernelBackend {
  readonly emitter = new Emitter();
  readonly layers: string[] = [];
  readonly #records = new WeakMap<object, Record_>();
  readonly meanings: Meanings;
  readonly #epsilon = tf.backend().epsilon();
  /** The backend that would compute instead. */
  readonly #backend = tf.getBackend();

  constructor(meanings: Meanings) {
    super();
    this.meanings = meanings;
  }

  /** A new data id for a symbol. */
  hold(sym: Sym, exact?: Sym, origin?: Origin): object {
    const dataId = {};
    this.#records.set(dataId, { sym, exact, references: 1, layer: this.layers.at(-1), origin, made: true });
    return dataId;
  }

  /** Whether the tensor is one of this trace. */
  made({ dataId }: tf.TensorInfo): boolean {
    return this.#records.get(dataId)?.made === true;
  }

  /** Whether the tensor is the same in every call. */
  isConstant(info: tf.TensorInfo): boolean {
    const record = this.#records.get(info.dataId);
    if (record === undefined) return this.meanings.tensor(info.dataId) === undefined;
    return record.origin !== undefined || record.sym.value.data !== undefined;
  }

  /** The values of a constant, as a tensor of the backend that is set. */
  compute({ dataId, shape, dtype }: tf.TensorInfo): tf.Tensor {
    const record = this.#records.get(dataId);
    if (record?.origin !== undefined) {
      const { kernelName, inputs, attrs, index } = record.origin;
      const outputs = tf.engine().runKernel(
        kernelName,
        mapInputs(inputs, (input) => this.compute(input)),
        attrs,
      );
      return Array.isArray(outputs) ? outputs[index] : outputs;
    }
    const full = record && this.emitter.full(record.sym).data;
    const values = record
      ? (full ?? Array(sizeOf(shape)).fill(record.sym.value.data![0]))
      : tf.engine().readSync(dataId);
    return tf.tensor(Array.from(values as Float32Array, Number), [...shape], dtype);
  }

  /** The symbol of a tensor, of this backend or another. */
  symbol({ dataId, shape, dtype }: tf.TensorInfo): Sym {
    const record = this.#records.get(dataId);
    if (record) return record.sym;
    const known = this.meanings.tensor(dataId);
    if (known) return known;
    const type = dtypeOf(dtype, `a tensor of shape [${shape}]`);
    const sym = this.#constant(tf.engine().readSync(dataId) as Values, shape, type);
    this.#records.set(dataId, { sym, references: 1, layer: undefined });
    return sym;
  }

  /** The symbol that a tensor was made for, which may be of float64. */
  exact(tensor: tf.TensorInfo): Sym {
    return this.#records.get(tensor.dataId)?.exact ?? this.symbol(tensor);
  }

  /** A tensor of TensorFlow.js for a symbol. */
  tensor(given: Sym): tf.Tensor {
    const sym = rounded(this.emitter, given);
    const engine = tf.engine() as unknown as TensorMaker;
    return engine.makeTensorFromDataId(this.hold(sym, given), [...sym.shape], sym.dtype as tf.DataType, this);
  }

  /** The tensor outlives the scope it is made in, up to the end of the trace. */
  lasting(tensor: tf.Tensor): tf.Tensor {
    tensor.kept = true;
    return tensor;
  }

  layerOf(info: tf.TensorInfo): string | undefined {
    return this.#records.get(info.dataId)?.layer;
  }

  override write(values: tf.backend_util.TypedArray, shape: number[], dtype: tf.DataType): object {
    const type = dtypeOf(dtype, `a tensor of shape [${shape}]`);
    const meant = this.meanings.written(values, shape, type);
    if (meant !== undefined) return this.hold(meant);
    // What draws with a seed of its own has filled a wider array too: see `watchDraws`.
    const isWide = (values as unknown) instanceof Float64Array;
    return this.hold(this.#constant(isWide ? Float32Array.from(values.slice(0, sizeOf(shape))) : values, shape, type));
  }

  override readSync(dataId: object): tf.backend_util.TypedArray {
    const sym = this.#records.get(dataId)?.sym;
    if (sym?.value.data && sym.dtype !== 'bool') {
      const full = this.emitter.full(sym).data as Float32Array | Int32Array | undefined;
      if (full) return full;
    }
    throw fault({
      wrong: `a compiled function reads the values of a tensor while it is traced${this.#in()}`,
      got: `a tensor of shape [${sym?.shape}]`,
      expected: 'a function of tensors alone',
      mend: 'return the tensor instead, or use the eager engine',
    });
  }

  override async read(dataId: object): Promise<tf.backend_util.TypedArray> {
    return this.readSync(dataId);
  }

  override refCount(dataId: object): number {
    return this.#records.get(dataId)?.references ?? 0;
  }

  override incRef(dataId: object): void {
    const record = this.#records.get(dataId);
    if (record) record.references++;
  }

  /** A disposed tensor keeps its record: later nodes may have been built on it. */
  override disposeData(dataId: object, force = false): boolean {
    const record = this.#records.get(dataId);
    if (!record) return true;
    record.references--;
    return force || record.references <= 0;
  }

  override numDataIds(): number {
    return 0;
  }

  override memory(): { unreliable: boolean } {
    return { unreliable: true };
  }

  override floatPrecision(): 16 | 32 {
    return 32;
  }

  /** TensorFlow.js's layers keep the first one that they see, so it is that of the backend that is set. */
  override epsilon(): number {
    return this.#epsilon;
  }

  override dispose(): void {}

  /** @throws UnequalError if a program has a kernel of its own of that name: it would not be asked. */
  requireOwn(kernelName: string): void {
    if (!isExchanged(kernelName, this.#backend)) return;
    throw fault({
      wrong: `the kernel ${kernelName} of the ${this.#backend} backend is not TensorFlow.js's own`,
      mend: "use engine: 'eager'",
    });
  }

  /** The error for a kernel that is not lowered. */
  missing(kernelName: string, inputs: Record<string, tf.TensorInfo>): Error {
    const layer = this.layers.at(-1);
    const behind = Object.values(inputs ?? {})
      .map((x) => x && this.layerOf(x))
      .find((name) => name !== undefined);
    const where = layer ? ` of layer ${layer}` : behind ? ` of the gradient through layer ${behind}` : '';
    return fault({
      wrong: `the kernel ${kernelName}${where} cannot be compiled`,
      mend: `use the eager engine for this model`,
    });
  }

  #constant(values: Values, shape: readonly number[], dtype: DType): Sym {
    if (values.length > 0 && isUniform(values)) return this.emitter.splat(Number(values[0]), shape, dtype);
    return this.emitter.sym(this.emitter.constant(toData(dtype, values), shape, dtype));
  }

  #in(): string {
    const layer = this.layers.at(-1);
    return layer ? ` (in layer ${layer})` : '';
  }
}

interface TensorMaker {
  makeTensorFromDataId(id: object, shape: number[], dtype: tf.DataType, backend: tf.KernelBackend): tf.Tensor;
}

/**
 * Whether a tensor is of a trace, and has no values.
 *
 * @example
 * ```ts
 * if (!isSymbolic(x)) console.log(x.dataSync());
 * ```
 */
export function isSymbolic(tensor: tf.Tensor): boolean {
  const { state } = tf.engine() as unknown as {
    state: { tensorInfo: { get(id: object): { backend: unknown } | undefined } };
  };
  return state.tensorInfo.get(tensor.dataId)?.backend instanceof Recorder;
}

function isUniform(values: Values): boolean {
  const first = values[0];
  for (let i = 1; i < values.length; i++) if (values[i] !== first) return false;
  return true;
}

/** Some kernels (Concat, Pack) take a list of tensors. */
function mapInputs(inputs: tf.NamedTensorInfoMap, f: (input: tf.TensorInfo) => tf.Tensor): tf.NamedTensorMap {
  if (Array.isArray(inputs)) return inputs.map((input) => input && f(input)) as unknown as tf.NamedTensorMap;
  return Object.fromEntries(
    Object.entries(inputs).map(([name, input]) => [name, input && f(input)]),
  ) as tf.NamedTensorMap;
}
