import type { Device } from './device.ts';
import type { Data } from './dtype.ts';
import type { OrtTensor } from './onnx-runtime.ts';
import type { Runtime } from './runtime.ts';

/** Who is forgotten gives its memory back. In a browser nobody else would. */
const forgotten = new FinalizationRegistry<OrtTensor>((tensor) => tensor.dispose());

/** A value of a variable: in the memory of the processor, on a device, or on a device with a copy here. */
export class Placed {
  #users = 0;
  #freed = false;
  #seen = false;
  #copy: Data | undefined;

  /** @param copy its numbers, where they are known here too. */
  constructor(
    readonly tensor: OrtTensor,
    readonly device?: Device,
    copy?: Data,
  ) {
    this.#copy = device ? copy : (tensor.data as Data);
    if (device) forgotten.register(this, tensor, this);
  }

  /** As an input of a session whose variables live on `device`. */
  inputFor(device: Device | undefined, runtime: Runtime): OrtTensor {
    if (this.device === undefined || this.device === device) return this.tensor;
    return new runtime.Tensor(this.tensor.type as 'float32', this.readNow() as Float32Array, this.tensor.dims);
  }

  /** How many numbers are in its memory here: none, if a user has transferred it. */
  get numbersHere(): number {
    return this.#copy?.length ?? this.tensor.size;
  }

  /** Its memory, if nobody outside has it. */
  get unseen(): Data | undefined {
    return this.device || this.#seen ? undefined : this.#copy;
  }

  /** Whether `readNow` would give it. */
  get isAtHand(): boolean {
    return this.#copy !== undefined || this.device!.readsAtOnce;
  }

  /** Whoever gets the numbers may keep them. */
  readNow(): Data {
    this.#seen = true;
    this.#copy ??= this.device!.readNow(this.tensor);
    return this.#copy;
  }

  async read(): Promise<Data> {
    this.#seen = true;
    if (this.#copy === undefined) await this.use(async () => (this.#copy = await this.device!.read(this.tensor)));
    return this.#copy!;
  }

  /** It is not freed before `f` is done. */
  async use<T>(f: () => Promise<T>): Promise<T> {
    this.#users++;
    try {
      return await f();
    } finally {
      this.#users--;
      this.#dispose();
    }
  }

  /** Nobody will ask for it again. */
  free(): void {
    this.#freed = true;
    this.#dispose();
  }

  #dispose(): void {
    if (!this.device || !this.#freed || this.#users > 0) return;
    forgotten.unregister(this);
    // It is gone with its device.
    if (this.device.isLost) return;
    this.tensor.dispose();
  }
}
