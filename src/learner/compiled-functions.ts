import { type Compiled, type CompileOptions, compile, type InputSpec } from '../compiler/index.ts';
import type { ModelBatch } from './batch.ts';
import type { CompiledModel } from './model.ts';
import { feeds, type Tensors, tensorsOf } from './named.ts';
import type { BatchTensors } from './objective.ts';

/** The functions of a model that have been compiled, each once. */
export class CompiledFunctions {
  private readonly all = new Map<string, Compiled>();

  constructor(
    private readonly model: CompiledModel,
    private readonly options: CompileOptions,
  ) {}

  /** The compiled function of that name for batches with or without loss weights. */
  ofBatch(
    name: string,
    batch: ModelBatch,
    body: (tensors: BatchTensors, inputs: Tensors) => Tensors,
    more: Record<string, InputSpec> = {},
  ): Compiled {
    const weighted = batch.lossWeights !== undefined;
    return this.of(
      weighted ? `${name}, weighted` : name,
      () => {
        const open = Object.entries(feeds(batch)).map(([key, { shape, dtype }]) => {
          return [key, { shape: [null, ...shape.slice(1)], dtype }] as const;
        });
        return { ...Object.fromEntries(open), ...more };
      },
      (inputs) => body(tensorsOf(batch, inputs), inputs),
    );
  }

  /** The compiled function of that name, made where there is none yet. */
  of(name: string, signature: () => Record<string, InputSpec>, body: (inputs: Tensors) => Tensors): Compiled {
    let compiled = this.all.get(name);
    if (compiled === undefined) {
      compiled = compile(body, signature(), { ...this.options, name, optimizers: [this.model.optimizer] });
      this.all.set(name, compiled);
    }
    return compiled;
  }

  /** Brings the model's own variables up to date. */
  sync(): void {
    for (const compiled of this.all.values()) compiled.sync();
  }

  async dispose(): Promise<void> {
    for (const compiled of this.all.values()) await compiled.dispose();
    this.all.clear();
  }
}
