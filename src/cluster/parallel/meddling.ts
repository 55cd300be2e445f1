import type * as tf from '@tensorflow/tfjs';
import { allVariables, type CompiledModel } from '../../learner/model.ts';
import { setTrainableLayers, trainableLayers } from '../../learner/model-state.ts';

/** What others than the training's own steps, such as callbacks, change of a model: its weights, and which layers are trainable. */
export class Meddling {
  private readonly variables: readonly tf.Variable[];
  private values: readonly object[] = [];
  private layers = '';

  constructor(private readonly model: CompiledModel) {
    this.variables = allVariables(model);
    this.forget();
  }

  /** Takes the model as it is now for that of the training. */
  forget(): void {
    this.values = this.variables.map(({ dataId }) => dataId);
    this.layers = this.trainable.join();
  }

  /** Whether the model was changed since. */
  get found(): boolean {
    // Whatever is assigned has another data id.
    return this.variables.some(({ dataId }, k) => dataId !== this.values[k]) || this.trainable.join() !== this.layers;
  }

  get trainable(): boolean[] {
    return trainableLayers(this.model);
  }

  set trainable(flags: readonly boolean[]) {
    setTrainableLayers(this.model, flags);
  }
}
