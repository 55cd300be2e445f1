/**
 * A device with a memory of its own, through ONNX Runtime's WebGPU provider. What a session leaves there is a tensor that
 * another session takes; the processor sees its numbers only when they are fetched.
 */
import { fault, type UnequalError } from '../errors.ts';
import { importInNode, inNode } from '../platform.ts';
import type { Data, DType } from './dtype.ts';
import { writeCopy } from './model.ts';
import { newSession } from './new-session.ts';
import type { OrtSession, OrtTensor } from './onnx-runtime.ts';
import { usableProviders } from './providers.ts';
import type { Runtime, SessionSettings } from './runtime.ts';

/** Bytes of variables that have crossed. */
export interface Crossings {
  up: number;
  down: number;
}

/** The part of onnxruntime-node behind its sessions: they run at once, and only their answer waits. */
interface Binding {
  readonly InferenceSession: new () => {
    loadModel(model: ArrayBuffer, offset: number, length: number, options: object): void;
    run(feeds: object, fetches: object, options: object): Record<string, OrtTensor>;
  };
}

const bindingFile = 'onnxruntime-node/dist/binding.js';
const provider = { executionProviders: ['webgpu'], logSeverityLevel: 3 } as const;
const lostDevices = new WeakSet<object>();

/**
 * Whether the error says that a GPU was lost, and with it what it held.
 *
 * @example
 * ```ts
 * const double = compile(({ x }) => ({ y: x.mul(2) }), { x: { shape: [null] } }, { executionProviders: ['webgpu'] });
 * await double.run({ x }).catch((error) => console.log(isLostDevice(error)));
 * ```
 */
export const isLostDevice = (error: unknown): boolean => lossIn(error) !== undefined;

/**
 * The error behind an error that says so.
 *
 * @example
 * ```ts
 * await fit(model, x, y, { providers: ['webgpu'] }).catch((error) => console.log(lossIn(error)?.message));
 * ```
 */
export function lossIn(error: unknown): Error | undefined {
  for (let at = error; at instanceof Error; at = at.cause) if (lostDevices.has(at)) return at;
  return undefined;
}

export class Device {
  /** Variables that were uploaded and fetched so far. */
  readonly crossings: Crossings = { up: 0, down: 0 };
  #lost: string | undefined;
  #binding: Binding | undefined;
  readonly #sessions = new Map<string, Promise<OrtSession>>();
  readonly #readers = new Map<string, InstanceType<Binding['InferenceSession']>>();

  constructor(private readonly runtime: Runtime) {}

  /** Made ready for reading at once, where the platform can, and for being told of its loss. */
  async start(): Promise<void> {
    if (inNode()) {
      const native = (await importInNode('onnxruntime-node').catch(() => undefined)) as Partial<Runtime> | undefined;
      if (native?.Tensor !== this.runtime.Tensor) return;
      const module = (await importInNode(bindingFile).catch(() => undefined)) as { default?: { binding?: Binding } };
      this.#binding = module?.default?.binding;
      return;
    }
    // It is there once a session has been made.
    const device = (await this.runtime.env?.webgpu?.device) as { lost?: Promise<{ message: string }> } | undefined;
    void device?.lost?.then(({ message }) => this.lose(message));
  }

  /** Whether a value can be fetched without waiting. */
  get readsAtOnce(): boolean {
    return this.#binding !== undefined;
  }

  get isLost(): boolean {
    return this.#lost !== undefined;
  }

  lose(why: string): void {
    this.#lost ??= why;
  }

  /** Takes note if that is what the error says. */
  noteLoss(error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    if (/device.{0,12} lost|lost.{0,12} device|destroyed|instance (was|is) dropped/i.test(message)) this.lose(message);
  }

  lostFault(what: string): UnequalError {
    const error = fault({
      wrong: `${what}: the GPU device was lost`,
      got: this.#lost || undefined,
      mend: 'train on the processor, or start the program anew',
    });
    lostDevices.add(error);
    return error;
  }

  async upload(host: OrtTensor): Promise<OrtTensor> {
    const session = await this.#session(host.type, 'gpu-buffer');
    const { to } = await session.run({ from: host });
    this.crossings.up += bytesOf(host);
    return to;
  }

  async read(tensor: OrtTensor): Promise<Data> {
    if (this.#binding) return this.readNow(tensor);
    this.#there();
    try {
      const data = inNode()
        ? (await (await this.#session(tensor.type, 'cpu')).run({ from: tensor })).to.data
        : await tensor.getData();
      // A lost device answers a read that it had promised.
      this.#there();
      this.crossings.down += bytesOf(tensor);
      return data as Data;
    } catch (error) {
      this.noteLoss(error);
      this.#there();
      throw error;
    }
  }

  /** `getData` of such a tensor ends the process in Node. */
  readNow(tensor: OrtTensor): Data {
    this.#there();
    if (!this.#binding) {
      throw fault({
        wrong: 'a value on the GPU is read at once, which this platform cannot',
        mend: 'await it with data() first, or wait for the end of the epoch',
      });
    }
    let reader = this.#readers.get(tensor.type);
    if (reader === undefined) {
      const model = writeCopy(tensor.type as DType);
      reader = new this.#binding.InferenceSession();
      reader.loadModel(model.buffer as ArrayBuffer, model.byteOffset, model.byteLength, provider);
      this.#readers.set(tensor.type, reader);
    }
    try {
      const { to } = reader.run({ from: tensor }, { to: null }, {});
      this.crossings.down += bytesOf(tensor);
      return to.data as Data;
    } catch (error) {
      this.noteLoss(error);
      this.#there();
      throw error;
    }
  }

  #there(): void {
    if (this.isLost) throw this.lostFault('a value on the GPU is gone');
  }

  #session(type: string, to: 'gpu-buffer' | 'cpu'): Promise<OrtSession> {
    const key = `${type} ${to}`;
    let session = this.#sessions.get(key);
    if (session === undefined) {
      const options = { ...provider, preferredOutputLocation: { to } };
      session = newSession(this.runtime, writeCopy(type as DType), options);
      this.#sessions.set(key, session);
    }
    return session;
  }
}

const bytesOf = ({ size }: OrtTensor): number => size * 4;

const devices = new WeakMap<Runtime, Promise<Device>>();

/** Numbers of other types are few: counters. */
export const staysOnDevice = ({ dtype }: { readonly dtype: string }): boolean => dtype === 'float32';

/**
 * Whether sessions with these settings leave variables on a device, as far as it is known yet which providers can be used.
 *
 * @example
 * ```ts
 * console.log(usesDevice({ executionProviders: ['webgpu'] }));
 * ```
 */
export const usesDevice = (settings: SessionSettings): boolean =>
  usableProviders(settings)?.includes('webgpu') ?? false;

/** The device of such sessions, the same for all of a runtime; to be asked for once one of them has been made. */
export function deviceOf(runtime: Runtime, settings: SessionSettings): Promise<Device> | undefined {
  if (!usesDevice(settings)) return undefined;
  let device = devices.get(runtime);
  if (device === undefined) {
    const made = new Device(runtime);
    device = made.start().then(() => made);
    devices.set(runtime, device);
  }
  return device;
}
