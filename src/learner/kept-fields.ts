import * as tf from '@tensorflow/tfjs';
import { crc32 } from '../crc32.ts';
import { fault } from '../errors.ts';
import { isCollection, isPrimitive } from './field-slots.ts';
import type { CompiledModel } from './model.ts';
import { type ModelFields, modelFields, rootOf } from './model-fields.ts';
import type { Setting, Settings } from './model-settings.ts';
import { stateFields } from './recurrent-states.ts';

/** Tensors of more elements are told apart as objects only. */
const largest = 2 ** 20;

/**
 * What steps and callbacks change in fields of layers and of the optimizer, for checkpoints: numbers, words and switches are kept. A layer
 * of the user's that also makes tensors or functions is left alone: `isReady` means nothing without what was made.
 */
export class KeptFields {
  private readonly of: ModelFields;
  private readonly changed = new Map<string, Setting | undefined>();
  /** What others are not to be told of. */
  private readonly making = new Set<string>();
  private readonly gone = new Set<string>();
  private readonly sums = new Map<string, number | undefined>();
  /** What the program has made of what was taken back. */
  private readonly first = new Map<string, unknown>();

  constructor(model: CompiledModel) {
    this.of = modelFields(model, stateFields);
    for (const { path, value } of this.of.fields.held) this.isOther(path, value);
  }

  /** The numbers, words and switches that have changed since the program made the model. */
  get settings(): Settings {
    this.look();
    return [...this.changed]
      .filter(([path]) => this.isKept(path))
      .map(([path, value]) => (value === undefined ? [path] : [path, value]));
  }

  /** What has changed and is not kept, for people. */
  get lost(): readonly string[] {
    this.look();
    return [...this.gone].map(this.of.nameOf);
  }

  /** The field that holds a variable, for people. */
  nameOf(variable: tf.Variable): string | undefined {
    const slot = this.of.fields.held.find(({ value }) => value === variable);
    return slot && this.of.nameOf(slot.path);
  }

  /** @throws UnequalError where there is no such field here; all is then as it was. */
  restore(settings: Settings): void {
    const { fields, isPlain, nameOf } = this.of;
    this.undo();
    for (const [path, value] of settings) {
      const set = fields.set(path, value);
      if (set) this.first.set(path, set.was);
      if (set) this.changed.set(path, value);
      // What code of the user's keeps may not be there yet.
      if (set || !isPlain(path)) continue;
      this.undo();
      throw fault({
        wrong: 'a saved field is not there',
        got: nameOf(path.slice(0, 200)),
        expected: 'the model it was saved from',
      });
    }
  }

  /** Puts back what the program has made of what was taken back. */
  undo(): void {
    for (const [path, value] of this.first) {
      this.of.fields.set(path, value);
      this.changed.delete(path);
    }
    this.first.clear();
  }

  private isKept(path: string): boolean {
    if (!this.of.isPlain(path)) return !this.making.has(rootOf(path));
    return ![...this.gone].some((whole) => path.startsWith(`${whole}.`));
  }

  private look(): void {
    const found = this.of.fields.differences();
    if (found.length === 0) return;
    for (const { path, now } of found) if (isMade(now)) this.making.add(rootOf(path));
    for (const { path, now, isNew } of found) {
      // Of a slot, which is kept by its place.
      if (path.endsWith('.originalName')) continue;
      if (isPrimitive(now)) {
        // What is set once, at the first call, is set again by that of a resumed run.
        if (!this.isKept(path) && this.changed.has(path)) this.gone.add(path);
        this.changed.set(path, now);
      } else if (isMade(now)) {
        // What is new was made at the first call.
        if (this.isOther(path, now) && (this.of.isPlain(path) || !isNew)) this.gone.add(path);
      }
    }
    this.of.fields.renew();
  }

  /** Whether a field holds something else than when this was asked last: a table that is made anew has the same values. */
  private isOther(path: string, value: unknown): boolean {
    const before = this.sums.get(path);
    const sum = value instanceof tf.Tensor ? checksum(value) : undefined;
    this.sums.set(path, sum);
    return sum === undefined || sum !== before;
  }
}

function checksum(tensor: tf.Tensor): number | undefined {
  if (tensor instanceof tf.Variable || tensor.isDisposed || tensor.size > largest) return undefined;
  const values: unknown = tensor.dataSync();
  if (!ArrayBuffer.isView(values)) return undefined;
  return crc32(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
}

/** Tensors, functions and objects of a class: what is in lists and plain objects is looked at by itself. */
function isMade(value: unknown): boolean {
  if (typeof value === 'function') return true;
  if (isPrimitive(value) || typeof value !== 'object' || isCollection(value) || value instanceof tf.Variable)
    return false;
  return (value as object).constructor !== Object;
}
