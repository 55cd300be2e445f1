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
import { fault } from '../errors.ts';
import { type Device, staysOnDevice } from './device.ts';
import { allocate, asData, type Data, dtypeOf } from './dtype.ts';
import type { OrtTensor } from './onnx-runtime.ts';
import { Placed } from './placed.ts';
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

/** The value behind a data id. It never changes, but for that of a data id that one variable alone has. */
const values = new WeakMap<object, Placed>();

/** Holds values for TensorFlow.js. It is never the backend that is set, so it has no kernels. */
class Store extends tf.KernelBackend {
  /** How many tensors of TensorFlow.js have the data id. */
  readonly #references = new WeakMap<object, number>();

  hold(value: Placed): object {
    const dataId = {};
    values.set(dataId, value);
    this.#references.set(dataId, 1);
    return dataId;
  }

  override readSync(dataId: object): tf.backend_util.TypedArray {
    return values.get(dataId)!.readNow() as tf.backend_util.TypedArray;
  }

  override async read(dataId: object): Promise<tf.backend_util.TypedArray> {
    return (await values.get(dataId)!.read()) as tf.backend_util.TypedArray;
  }

  override refCount(dataId: object): number {
    return this.#references.get(dataId) ?? 0;
  }

  override incRef(dataId: object): void {
    const references = this.#references.get(dataId);
    if (references !== undefined) this.#references.set(dataId, references + 1);
  }

  /** @param moved whether another backend has the data id from now on. */
  override disposeData(dataId: object, moved = false): boolean {
    const references = this.#references.get(dataId);
    if (references === undefined) return true;
    this.#references.set(dataId, references - 1);
    if (!moved && references > 1) return false;
    this.#references.delete(dataId);
    if (!moved) forget(dataId);
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

function forget(dataId: object): void {
  values.get(dataId)?.free();
  values.delete(dataId);
}

/**
 * Whether the variable has no value any more: `tf.disposeVariables()` frees it without a mark on the variable itself.
 *
 * @example
 * ```ts
 * console.log(model.weights.some((weight) => isGone(weight.read() as tf.Variable)));
 * ```
 */
export function isGone(variable: tf.Variable): boolean {
  return variable.isDisposed || engineOf().state.tensorInfo.get(variable.dataId) === undefined;
}

function presentValue(variable: tf.Variable, runtime: Runtime): Placed {
  if (isGone(variable)) {
    throw fault({ wrong: 'a compiled function uses a disposed variable', got: `${variable.name} [${variable.shape}]` });
  }
  const known = values.get(variable.dataId);
  if (known) return known;
  // A copy: the backend may hand out its own memory.
  const dtype = dtypeOf(variable.dtype, `the variable ${variable.name}`);
  const data = asData(dtype, variable.dataSync()).slice() as Float32Array;
  const value = new Placed(new runtime.Tensor(dtype as 'float32', data, variable.shape));
  values.set(variable.dataId, value);
  return value;
}

/** The present value of a variable, and as an input of a session. */
export function currentValue(
  variable: tf.Variable,
  runtime: Runtime,
  device?: Device,
): { value: Placed; input: OrtTensor } {
  const value = presentValue(variable, runtime);
  if (!value.device && value.numbersHere < variable.size) {
    throw fault({
      wrong: `the memory of the variable ${variable.name} is gone`,
      mend: 'transfer a copy of what dataSync() gives, as by slice(), to a worker or elsewhere',
    });
  }
  return { value, input: value.inputFor(device, runtime) };
}

/** Memory for a variable's next value: that of the value before the last, if nobody has seen it. After the training it goes by itself. */
const spares = new WeakMap<tf.Variable, WeakRef<Data>>();

/** A tensor for the next value of a variable; what is in it is not that value yet. */
export function memoryFor(variable: tf.Variable, runtime: Runtime): OrtTensor {
  const data = spares.get(variable)?.deref() ?? allocate(dtypeOf(variable.dtype, variable.name), variable.size);
  spares.set(variable, new WeakRef(data));
  return new runtime.Tensor(variable.dtype as 'float32', data as Float32Array, variable.shape);
}

/** Gives a variable the value that a call left in it. */
export function setValue(variable: tf.Variable, tensor: OrtTensor, device?: Device): void {
  const value = new Placed(tensor, tensor.location === 'gpu-buffer' ? device : undefined);
  const { dataId } = variable;
  spares.delete(variable);
  if (store.refCount(dataId) === 1) {
    const spare = values.get(dataId)?.unseen;
    if (spare) spares.set(variable, new WeakRef(spare));
    forget(dataId);
    values.set(dataId, value);
    return;
  }
  // The old value may be shared by a clone, which keeps it.
  const engine = engineOf();
  const shared = store.refCount(dataId) > 1;
  engine.disposeTensor(variable);
  if (!shared) forget(dataId);
  (variable as { dataId: object }).dataId = store.hold(value);
  engine.trackTensor(variable, store);
}

/** Adds what a call has changed to what other code has assigned meanwhile. */
export async function addChange(variable: tf.Variable, before: OrtTensor, after: OrtTensor): Promise<void> {
  const [from, to] = await Promise.all([before, after].map((tensor) => tensor.getData()));
  tf.tidy(() => {
    const [was, is] = [from, to].map((data) => tf.tensor(data as Float32Array, variable.shape, variable.dtype));
    variable.assign(tf.add(variable, tf.sub(is, was)));
  });
}

/** Brings variables to where a session will want them: to the device, or within reach of the processor. */
export async function place(variables: Iterable<tf.Variable>, runtime: Runtime, device?: Device): Promise<void> {
  for (const variable of variables) {
    const value = presentValue(variable, runtime);
    if (value.device === device) continue;
    const copy = await value.read();
    if (!device || !staysOnDevice(variable)) continue;
    const host = new runtime.Tensor('float32', copy as Float32Array, variable.shape);
    const uploaded = new Placed(await device.upload(host), device, copy);
    if (values.get(variable.dataId) !== value) uploaded.free();
    else {
      value.free();
      values.set(variable.dataId, uploaded);
    }
  }
}

/**
 * Fetches what is on a device alone: from then on it can be read at once, whatever becomes of the device.
 *
 * @example
 * ```ts
 * await fetchValues(model.weights.map((weight) => weight.read() as tf.Variable));
 * ```
 */
export async function fetchValues(variables: Iterable<tf.Variable>): Promise<void> {
  for (const { dataId } of variables) await values.get(dataId)?.read();
}

/**
 * Whether all of them can be read at once.
 *
 * @example
 * ```ts
 * console.log(areAtHand(model.weights.map((weight) => weight.read() as tf.Variable)));
 * ```
 */
export function areAtHand(variables: Iterable<tf.Variable>): boolean {
  for (const { dataId } of variables) if (values.get(dataId)?.isAtHand === false) return false;
  return true;
}

/** Moves variables' values to the backend that is set. TensorFlow.js does so by itself as soon as a kernel needs them. */
export function moveToBackend(variables: Iterable<tf.Variable>): void {
  const engine = engineOf();
  for (const { dataId } of variables) {
    if (engine.state.tensorInfo.get(dataId)?.backend === store) engine.moveData(engine.backend, dataId);
  }
}
