import type * as tf from '@tensorflow/tfjs';
import { fault } from '../../errors.ts';
import { allVariables, type CompiledModel } from '../../learner/model.ts';
import { ModelSettings, type Settings } from '../../learner/model-settings.ts';
import { setTrainableLayers, trainableLayers } from '../../learner/model-state.ts';
import { slotsOf } from '../../learner/slots.ts';

/** What a member has to take over of the model that leads, beside its weights. */
export interface Changes {
  /** Which layers are trainable. */
  readonly trainable: readonly boolean[];
  readonly settings: Settings;
}

/**
 * What others than the training's own steps, such as callbacks, change of a model: its weights, which layers are trainable, and what
 * layers and the optimizer hold in fields.
 */
export class Meddling {
  private readonly variables: readonly tf.Variable[];
  private readonly kept: ModelSettings;
  private values: readonly object[] = [];
  private layers = '';
  private slots: readonly object[] | undefined;

  constructor(private readonly model: CompiledModel) {
    this.variables = allVariables(model);
    this.kept = new ModelSettings(model);
    this.take();
  }

  /** Takes the model as a step has left it for that of the training. */
  forget(): void {
    this.take();
    this.slots = this.slotsNow();
  }

  private take(): void {
    this.values = this.variables.map(({ dataId }) => dataId);
    this.layers = trainableLayers(this.model).join();
    this.kept.forget();
  }

  /** Whether the model was changed since. @throws UnequalError for what cannot be told to others. */
  get found(): boolean {
    // Looked at first: what is found is told to whoever comes later, too.
    if (this.kept.found) return true;
    // Whatever is assigned has another data id.
    const isAssigned = this.variables.some(({ dataId }, k) => dataId !== this.values[k]);
    return isAssigned || trainableLayers(this.model).join() !== this.layers;
  }

  private slotsNow(): object[] {
    return slotsOf(this.model.optimizer).map(({ variable }) => variable.dataId);
  }

  /** @throws UnequalError if the optimizer's slots were changed since, which are not told to others. */
  checkSlots(): void {
    const now = this.slotsNow();
    if (this.slots === undefined) return;
    if (now.length === this.slots.length && now.every((one, k) => one === this.slots![k])) return;
    throw fault({
      wrong:
        'something has changed the slots of the optimizer, such as its momentum, which other processes are not told',
      expected: 'numbers of the optimizer, and weights of the model, to change, which are told',
      mend: 'leave the slots as they are, or train in one process',
    });
  }

  get changes(): Changes {
    return { trainable: trainableLayers(this.model), settings: this.kept.settings };
  }

  set changes({ trainable, settings }: Changes) {
    setTrainableLayers(this.model, trainable);
    this.kept.settings = settings;
  }
}
