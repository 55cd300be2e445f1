import type * as tf from '@tensorflow/tfjs';
import { areAtHand, fetchValues, lossIn } from '../compiler/index.ts';
import { allVariables, type CompiledModel } from './model.ts';
import { slotsOf } from './slots.ts';

/** Weights and slots of a model that live on a device while it is trained. */
export class OnDevice {
  /** @param goOn goes on without the device. */
  constructor(
    private readonly model: CompiledModel,
    private readonly goOn: () => Promise<void>,
  ) {}

  private get variables(): tf.Variable[] {
    return [...allVariables(this.model), ...slotsOf(this.model.optimizer).map(({ variable }) => variable)];
  }

  /** Fetches them: they can be read at once until the next step, and outlive the device. */
  fetch(): Promise<void> {
    return fetchValues(this.variables);
  }

  /** Fetches them where they could not be read at once otherwise: in a browser. */
  async makeReadable(): Promise<void> {
    if (!areAtHand(this.variables)) await this.fetch();
  }

  /**
   * If the error says that the device was lost, computes on the processor from now on. The learner's state is to be restored.
   * @returns why, if that is so.
   */
  async leave(error: unknown): Promise<string | undefined> {
    const loss = lossIn(error);
    if (loss !== undefined) await this.goOn();
    return loss?.message;
  }
}
