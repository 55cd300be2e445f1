import type * as tf from '@tensorflow/tfjs';
import { type Compiled, type CompileOptions, compile, type InputSpec } from '../compiler/index.ts';
import type { ModelBatch } from './batch.ts';
import type { Guard } from './guard.ts';
import type { CompiledModel } from './model.ts';
import { feeds, type Tensors, tensorsOf } from './named.ts';
import type { BatchTensors } from './objective.ts';

/** The functions of a model that have been compiled, each once. */
export class CompiledFunctions {
  private readonly all = new Map<string, Compiled>();

  constructor(
    private readonly model: CompiledModel,
    private readonly options: CompileOptions,
    private readonly guard: Guard,
  ) {}

  /**
   * The compiled function of that name for batches with or without loss weights, and with numbers of these types.
   *
   * @param more inputs beside the batch.
   * @param forward all passes that code of the user's is called in, where `body` does more than these.
   */
  ofBatch(
    name: string,
    batch: ModelBatch,
    body: (tensors: BatchTensors, inputs: Tensors) => Tensors,
    { more = {}, forward }: { more?: Record<string, InputSpec>; forward?: (tensors: BatchTensors) => Tensors } = {},
  ): Compiled {
    const arrays = Object.entries(feeds(batch));
    return this.of(
      name,
      () => {
        const open = arrays.map(([key, { shape, dtype }]) => {
          return [key, { shape: this.openAxes(key, shape), dtype }] as const;
        });
        return { ...Object.fromEntries(open), ...more };
      },
      (inputs) => body(tensorsOf(batch, inputs), inputs),
      {
        form: arrays.map(([key, { dtype }]) => `${key} ${dtype}`).join(),
        forward: forward && ((inputs) => forward(tensorsOf(batch, inputs))),
      },
    );
  }

  /**
   * The compiled function of that name, made where there is none yet.
   * @param form tells functions of one name apart.
   * @param forward the passes that code of the user's is called in.
   */
  of(
    name: string,
    signature: () => Record<string, InputSpec>,
    body: (inputs: Tensors) => Tensors,
    { form = '', forward }: { form?: string; forward?: (inputs: Tensors) => Tensors } = {},
  ): Compiled {
    const key = `${name}: ${form}`;
    let compiled = this.all.get(key);
    if (compiled === undefined) {
      const { version, doubt, trusted, around, changed, isForeignForward } = this.guard;
      compiled = compile(body, signature(), {
        ...this.options,
        ...{ name, optimizers: [this.model.optimizer], version, doubt, trusted, around, changed },
        part: isForeignForward ? forward : undefined,
      });
      this.all.set(key, compiled);
    }
    return compiled;
  }

  programs(): Compiled['programs'] {
    return [...this.all.values()].flatMap((compiled) => compiled.programs);
  }

  /** The variables that are written by what was compiled. */
  written(): tf.Variable[] {
    return this.programs().flatMap(({ writes }) => writes.map(([variable]) => variable));
  }

  /** The batch axis is open, and so are those that the model's inputs leave open; targets may follow these. */
  private openAxes(key: string, shape: readonly number[]): (number | null | string)[] {
    const { inputs } = this.model;
    const open = inputs.some((input) => input.shape.slice(1).some((size) => size === null));
    const fixed = key.startsWith('x') ? inputs[Number(key.slice(1))].shape : shape;
    return shape.map((size, i) => {
      if (i === 0) return null;
      if (key.startsWith('x')) return fixed[i] === null ? `${key}:${i}` : size;
      return open ? `${key}:${i}` : size;
    });
  }

  async dispose(): Promise<void> {
    for (const compiled of this.all.values()) await compiled.dispose();
    this.all.clear();
  }
}
