import * as tf from '@tensorflow/tfjs';
import type { Switched } from '../methods/method.ts';

/** Where importance sampling was switched on or off, and why. */
export interface SwitchRecord extends Switched {
  readonly step: number;
  readonly epoch: number;
  readonly seconds: number;
}

/** The `History` of TensorFlow.js, with the switches of the method beside the logs of the epochs. */
export class History extends tf.History {
  switches: SwitchRecord[] = [];
}
