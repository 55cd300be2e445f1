/**
 * Where variables live while compiled functions train them.
 *
 * Every variable has one value and one owner. A compiled function leaves its results in a store, a backend of TensorFlow.js
 * that holds tensors of ONNX Runtime and computes nothing, and the variable's data id is the store's. Whoever looks at the
 * variable, on any backend, gets the newest value: TensorFlow.js moves data between backends by itself. Nothing is copied
 * when nobody looks. A variable that was assigned in the meantime has another data id; it is read again, and its new
 * value wins.
 */
import * as tf from '@tensorflow/tfjs';
import type { Tensor } from 'onnxruntime-node';
import { fault } from '../errors.ts';
import { asData, dtypeOf } from './dtype.ts';
import type { Runtime } from './runtime.ts';

/** The parts of TensorFlow.js's engine that the owner of a tensor needs. */
interface Engine {
  readonly state: { readonly tensorInfo: { get(dataId: object): { readonly backend: unknown } | undefined } };
  readonly backend: tf.KernelBackend;
  trackTensor(tensor: tf.Tensor, backend: tf.KernelBackend): void;
  disposeTensor(tensor: tf.Tensor): void;
  moveData(backend: tf.KernelBackend, dataId: object): void;
}

const engineOf = (): Engine => tf.engine() as unknown as Engine;

/** Holds tensors of ONNX Runtime for TensorFlow.js. It is never the backend that is set, so it has no kernels. */
class Store extends tf.KernelBackend {
  readonly #held = new WeakMap<object, { tensor: Tensor; references: number }>();

  hold(tensor: Tensor): object {
    const dataId = {};
    this.#held.set(dataId, { tensor, references: 1 });
    return dataId;
  }

  /** Another value in the place of one that nobody else refers to; whether that could be done. */
  replace(dataId: object, tensor: Tensor): boolean {
    const entry = this.#held.get(dataId);
    if (entry?.references !== 1) return false;
    entry.tensor = tensor;
    return true;
  }

  override readSync(dataId: object): tf.backend_util.TypedArray {
    return this.#held.get(dataId)!.tensor.data as tf.backend_util.TypedArray;
  }

  override async read(dataId: object): Promise<tf.backend_util.TypedArray> {
    return this.readSync(dataId);
  }

  override refCount(dataId: object): number {
    return this.#held.get(dataId)?.references ?? 0;
  }

  override incRef(dataId: object): void {
    const entry = this.#held.get(dataId);
    if (entry) entry.references++;
  }

  override disposeData(dataId: object, force = false): boolean {
    const entry = this.#held.get(dataId);
    if (entry === undefined) return true;
    entry.references--;
    if (!force && entry.references > 0) return false;
    this.#held.delete(dataId);
    return true;
  }

  override numDataIds(): number {
    return 0;
  }

  override memory(): { unreliable: boolean } {
    return { unreliable: false };
  }

  override floatPrecision(): 16 | 32 {
    return 32;
  }

  override dispose(): void {}
}

const store = new Store();

/** The value of a variable when its data id was this one. */
const known = new WeakMap<tf.Variable, { tensor: Tensor; dataId: object }>();

/** The present value of a variable, as an input of a session. */
export function currentValue(variable: tf.Variable, runtime: Runtime): Tensor {
  if (variable.isDisposed) {
    throw fault({ wrong: 'a compiled function uses a disposed variable', got: `${variable.name} [${variable.shape}]` });
  }
  const cell = known.get(variable);
  if (cell?.dataId === variable.dataId) return cell.tensor;
  // A copy: the backend may hand out its own memory.
  const dtype = dtypeOf(variable.dtype, `the variable ${variable.name}`);
  const data = asData(dtype, variable.dataSync()).slice() as Float32Array;
  const tensor = new runtime.Tensor(dtype as 'float32', data, variable.shape);
  known.set(variable, { tensor, dataId: variable.dataId });
  return tensor;
}

/** Gives a variable the value that a call left in it. */
export function setValue(variable: tf.Variable, tensor: Tensor): void {
  if (!store.replace(variable.dataId, tensor)) {
    // The old value may be shared by a clone, which keeps it.
    const engine = engineOf();
    engine.disposeTensor(variable);
    (variable as { dataId: object }).dataId = store.hold(tensor);
    engine.trackTensor(variable, store);
  }
  known.set(variable, { tensor, dataId: variable.dataId });
}

/** Moves variables' values to the backend that is set. TensorFlow.js does so by itself as soon as a kernel needs them. */
export function moveToBackend(variables: Iterable<tf.Variable>): void {
  const engine = engineOf();
  for (const { dataId } of variables) {
    if (engine.state.tensorInfo.get(dataId)?.backend === store) engine.moveData(engine.backend, dataId);
  }
}
