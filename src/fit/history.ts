import * as tf from '@tensorflow/tfjs';
import type { Standing, Switched } from '../methods/method.ts';
import { Balance, type BalanceState } from './balance.ts';
import type { CappedSample } from './capped.ts';
import { explain } from './explain.ts';
import type { SampleHistory } from './sample-history.ts';

/** Where importance sampling was switched on or off, and why. */
export interface SwitchRecord extends Switched {
  readonly step: number;
  readonly epoch: number;
  readonly seconds: number;
}

/**
 * The `History` of TensorFlow.js, with what the method did beside the logs of the epochs.
 *
 * @example
 * ```ts
 * const history: History = await fit(model, x, y, { epochs: 10 });
 * for (const { step, on, why } of history.switches) console.log(step, on, why);
 * ```
 */
export class History extends tf.History {
  switches: SwitchRecord[] = [];
  /** Steps and seconds of either kind, and what was gained. */
  balance: BalanceState = new Balance().state();
  /** Where the method stood at the end. */
  standing: Standing | undefined;
  /** How often the scores of a sample were capped as a likely wrong label, most often first; at most 100. */
  capped: readonly CappedSample[] = [];
  /** What became of each sample; absent for a stream, whose samples have no index. */
  samples: SampleHistory | undefined;

  /**
   * What the method did and what became of validation, in two sentences.
   * @param options `detail: true` for all that was measured, a line for each thing.
   */
  explain({ detail = false }: { readonly detail?: boolean } = {}): string {
    const validation = (this.history as { [name: string]: number[] }).val_loss;
    const lines = explain({ ...this, validation });
    return (detail ? lines : lines.slice(0, validation?.length ? 2 : 1)).join('\n');
  }
}
