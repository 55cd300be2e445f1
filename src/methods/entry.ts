import type { Method } from './method.ts';

/** What `unequal methods` says of a method, and how it is made by its name. */
export interface Entry {
  readonly name: string;
  readonly paper: string;
  /** Whether the expected gradient of a step is another than that of the training loss. */
  readonly biased: boolean;
  /** What is unbiased where a step is not. */
  readonly unbiasedOver?: string;
  /** What a step costs beyond a uniform one. */
  readonly cost: string;
  /** Bytes kept for each sample of the data. */
  readonly bytesPerSample: number;
  /** Whether it works on a stream, whose samples have no index. */
  readonly streams: boolean;
  readonly use: string;
  readonly avoid: string;
  /** What it needs besides samples and a model; absent where `make` needs no options. */
  readonly needs?: string;
  /** Names of the options that `make` takes. */
  readonly options: readonly string[];
  /** The loss its model must have, of a method that trains an embedding. */
  readonly embedding?: 'tripletLoss' | 'pairLoss';
  /** Makes it with its defaults, or with the options of its factory. */
  // biome-ignore lint/suspicious/noExplicitAny: each factory checks its own options.
  readonly make: (options?: any) => Method;
}
