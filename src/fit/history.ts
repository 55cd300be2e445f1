import * as tf from '@tensorflow/tfjs';
import type { Switched } from '../methods/method.ts';
import { Balance, type BalanceState } from './balance.ts';
import type { CappedSample } from './capped.ts';
import { explain } from './explain.ts';

/** Where importance sampling was switched on or off, and why. */
export interface SwitchRecord extends Switched {
  readonly step: number;
  readonly epoch: number;
  readonly seconds: number;
}

/** The `History` of TensorFlow.js, with what the method did beside the logs of the epochs. */
export class History extends tf.History {
  switches: SwitchRecord[] = [];
  /** Steps and seconds of either kind, and what was gained. */
  balance: BalanceState = new Balance().state();
  /** Where the method stood at the end, in words. */
  standing: string | undefined;
  /** How often the scores of a sample were capped as a likely wrong label, most often first; at most 100. */
  capped: readonly CappedSample[] = [];

  /** Why the run was trained as it was, a line for each thing: see {@link explain}. */
  explain(): string {
    return explain(this).join('\n');
  }
}
