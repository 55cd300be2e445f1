import * as tf from '@tensorflow/tfjs';
import { fault, type UnequalError } from '../errors.ts';
import { isCollection, isPrimitive } from './field-slots.ts';
import type { CompiledModel } from './model.ts';
import { type ModelFields, modelFields } from './model-fields.ts';

export type Setting = number | string | boolean | null;
/** Fields by where they are, with what they hold; nothing where that is undefined. */
export type Settings = readonly (readonly [path: string, value?: Setting])[];

/**
 * What layers and the optimizer hold in fields beside weights: the rate of a dropout, β of Adam, the factor of a regularizer. What others
 * than the training itself change there, such as callbacks, can be told to a process that has run the same program.
 */
export class ModelSettings {
  private readonly of: ModelFields;
  private readonly optimizer: tf.Optimizer;
  /** All that was changed since the program made the model. */
  private readonly changed = new Map<string, Setting | undefined>();
  /** What the program has made of what was told here. */
  private readonly first = new Map<string, unknown>();
  private isFound = false;

  constructor(private readonly model: CompiledModel) {
    this.optimizer = model.optimizer;
    this.of = modelFields(model);
  }

  /** Takes all as it is now for that of the training. */
  forget(): void {
    this.isFound = false;
    if (this.of.fields.changed() !== undefined) this.of.fields.renew();
  }

  /** Whether something was changed since. @throws UnequalError for what cannot be told to another process. */
  get found(): boolean {
    this.look();
    return this.isFound;
  }

  private look(): void {
    if (this.model.optimizer !== this.optimizer) throw untold('the optimizer', 'compile the model before fit');
    const found = this.of.fields.differences();
    for (const { path, now } of found) {
      if (isPrimitive(now)) this.changed.set(path, now);
      else if (!this.isLeft(path, now)) throw untold(path, 'set it before fit');
      this.isFound ||= isPrimitive(now);
    }
    if (found.length > 0) this.of.fields.renew();
  }

  /** Whether something need not be told: a slot, lists, whose elements are told, or what code of the user's keeps. */
  private isLeft(path: string, now: unknown): boolean {
    if (typeof now === 'function') return false;
    const isPlain = this.of.isPlain(path);
    if (!isPlain || now instanceof tf.Variable) return true;
    // Another object of the same kind is not what it is elsewhere: a loss of a layer keeps the regularizer it was made with.
    return !(now instanceof tf.Tensor) && (isCollection(now) || (now as object).constructor === Object);
  }

  /** All that was changed since the program made the model. @throws UnequalError for what cannot be told. */
  get settings(): Settings {
    this.look();
    return [...this.changed].map(([path, value]) => (value === undefined ? [path] : [path, value]));
  }

  /** @throws UnequalError where there is no such field here. */
  set settings(settings: Settings) {
    const told = new Map(settings.map(([path, value]) => [path, value]));
    for (const [path, value] of this.first) if (!told.has(path)) this.of.fields.set(path, value);
    for (const [path, value] of told) {
      const set = this.of.fields.set(path, value);
      if (set && !this.first.has(path)) this.first.set(path, set.was);
      // What code of the user's keeps may not be there yet.
      if (set || !this.of.isPlain(path)) continue;
      throw fault({
        wrong: 'this process cannot follow what has changed where the run is led',
        got: `the field ${path.slice(0, 200)}, which is not here`,
        expected: 'the same program',
      });
    }
  }
}

const untold = (path: string, mend: string): UnequalError =>
  fault({
    wrong: 'something has changed that other processes cannot be told',
    got: `${path}, changed while the model is trained`,
    expected: 'numbers, words, and weights to change, which are told',
    mend: `${mend}, or train in one process`,
  });
