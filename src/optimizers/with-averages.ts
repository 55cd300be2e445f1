import * as tf from '@tensorflow/tfjs';
import { fault } from '../errors.ts';
import { averagesOf, keepsAverages, type Trained } from './averaged.ts';

/** A model whose weights may be its averages for a while. Those who look share them; a step waits until they are done. */
class Exchange {
  /** How many look, or are about to. */
  private lookers = 0;
  private begun: Promise<void> | undefined;
  private ended: Promise<void> | undefined;
  private tellEnd: (() => void) | undefined;
  private step: Promise<unknown> | undefined;
  private before: readonly { variable: tf.Variable; own: Float32Array; average: object }[] = [];

  get isOpen(): boolean {
    return this.lookers > 0;
  }

  async look<T>(model: Trained, use: () => Promise<T>): Promise<T> {
    this.lookers++;
    this.ended ??= new Promise((resolve) => {
      this.tellEnd = resolve;
    });
    this.begun ??= this.begin(model);
    try {
      await this.begun;
      return await use();
    } finally {
      if (--this.lookers === 0) this.end();
    }
  }

  async train<T>(step: () => Promise<T>): Promise<T> {
    while (this.ended !== undefined) await this.ended;
    const made = step();
    this.step = made;
    try {
      return await made;
    } finally {
      this.step = undefined;
    }
  }

  private async begin(model: Trained): Promise<void> {
    await this.step?.catch(() => undefined);
    const found = averagesOf(model);
    // Before the first step there are none.
    if (found === undefined) return;
    const { averages, variables, total } = found;
    this.before = variables.map((variable, k) => {
      const own = variable.dataSync().slice() as Float32Array;
      tf.tidy(() => variable.assign(tf.div(averages[k], total)));
      return { variable, own, average: variable.dataId };
    });
  }

  private end(): void {
    for (const { variable, own, average } of this.before) {
      // What others have assigned meanwhile stays.
      if (variable.isDisposed || variable.dataId !== average) continue;
      tf.tidy(() => variable.assign(tf.tensor(own, variable.shape, 'float32')));
    }
    this.before = [];
    this.begun = this.ended = undefined;
    this.tellEnd!();
  }
}

const exchanges = new WeakMap<tf.Optimizer, Exchange>();

function exchangeOf(optimizer: tf.Optimizer): Exchange {
  const known = exchanges.get(optimizer) ?? new Exchange();
  exchanges.set(optimizer, known);
  return known;
}

/**
 * Runs `use` while the weights of a model are their averages, where its optimizer keeps any, and puts them back. A training that goes on
 * meanwhile waits, so `use` must not wait for it; several may look at once. What `use` or other code assigns to a weight stays.
 *
 * @example
 * ```ts
 * await withAverages(model, () => saveModel(model, 'averaged'));
 * ```
 */
export async function withAverages<T>(model: Trained, use: () => Promise<T>): Promise<T> {
  return keepsAverages(model.optimizer) ? exchangeOf(model.optimizer).look(model, use) : use();
}

/** Makes a step of a model, or saves it, with its own weights: not before whoever looks at their averages is done. */
export function withOwnWeights<T>({ optimizer }: Trained, work: () => Promise<T>): Promise<T> {
  return keepsAverages(optimizer) ? exchangeOf(optimizer).train(work) : work();
}

/** @throws UnequalError if the weights of a model are their averages now. */
export function requireOwnWeights({ optimizer }: Trained): void {
  if (!exchanges.get(optimizer)?.isOpen) return;
  throw fault({
    wrong: 'the weights of the model are their averages for now, and training would be of these',
    mend: 'wait for withAverages to end',
  });
}
