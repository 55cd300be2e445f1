/**
 * What is used of ONNX Runtime's objects. Its own types are in packages that need not be installed, and declarations that people
 * compile against may not ask for them.
 */

/** A tensor of ONNX Runtime. */
export interface OrtTensor {
  readonly type: string;
  readonly dims: readonly number[];
  /** How many numbers it has. */
  readonly size: number;
  /** Its numbers, if they are in the memory of the processor. */
  readonly data: unknown;
  /** Where they are: `'cpu'`, `'gpu-buffer'`. */
  readonly location: string;
  getData(): Promise<unknown>;
  dispose(): void;
}

/** A graph that ONNX Runtime has loaded. */
export interface OrtSession {
  /** @param fetches tensors to be written, or null for those that are to be made. */
  run(
    feeds: { readonly [name: string]: OrtTensor },
    fetches?: { readonly [name: string]: OrtTensor | null },
  ): Promise<{ readonly [name: string]: OrtTensor }>;
  release(): Promise<void>;
}
