import * as tf from '@tensorflow/tfjs';
import { isSymbolic } from '../compiler/index.ts';
import { type Counted, isCollection, isPrimitive, type Owner, type Seen, type Slot, visit } from './field-slots.ts';

/** What TensorFlow.js notes when a layer is called for the first time. */
const ofBuilding = new Set(['_built', '_refCount']);

/** A field that has come. */
interface Made {
  readonly owner: Owner;
  readonly key: string;
  readonly value: unknown;
  /** What it held before, if it was there. */
  readonly was: unknown;
  readonly isNew: boolean;
}

type Root = readonly [name: string, root: object, { only?: readonly string[]; without?: readonly string[] }];

/**
 * What objects hold in their fields: numbers, strings, tensors, functions, also in arrays and objects within. It tells what has
 * changed since, and puts it back.
 */
export class Fields {
  private slots: readonly Slot[] = [];
  private owners: readonly Counted[] = [];
  /** What calls that do not count have made. */
  private made: readonly Made[] = [];

  /** @param roots objects by what they are called; which of their fields are meant, where not all; or which are not. */
  constructor(private readonly roots: () => Iterable<Root>) {
    this.renew();
  }

  /** The path of the first field that holds something else now, or is new. */
  changed(): string | undefined {
    const slot = this.slots.find(({ owner, key, value, elements }) => {
      if (!Object.is(owner[key], value)) return true;
      return elements !== undefined && Array.isArray(value) && value.length !== elements.length;
    });
    if (slot === undefined) {
      const more = this.owners.find(({ owner, count }) => count !== undefined && Object.keys(owner).length !== count);
      return more && `${more.path} (another field)`;
    }
    if (isCollection(slot.value)) return `${slot.path} (another list)`;
    return `${slot.path} (${change(slot.value, 'now', slot.owner[slot.key])})`;
  }

  /** The path of the first field whose number or string is another one now, or that holds a list or an object with others in place of its own. */
  changedNumber(): string | undefined {
    const slot = this.slots.find(({ owner, key, value, elements }) => {
      const now = owner[key];
      // A tensor that is the same at every call may be made at the first, and so may the weights of a layer within.
      if (ofBuilding.has(key) || Object.is(now, value)) return false;
      // Shapes of the same rank are of batches of other sizes.
      if (elements !== undefined) return isNumbers(value) && isNumbers(now) && now.length !== elements.length;
      return isPrimitive(value) ? isPrimitive(now) : isPlain(value) && isPlain(now) && holdsOthers(now, value);
    });
    return slot && `${slot.path} (${change(slot.value, 'then', slot.owner[slot.key])})`;
  }

  /** All fields, as they were when they were looked at. */
  get held(): readonly { readonly path: string; readonly value: unknown }[] {
    return this.slots;
  }

  /** Every field that holds something else now, or is new; whether it held nothing before. */
  differences(): readonly { readonly path: string; readonly now: unknown; readonly isNew: boolean }[] {
    if (this.changed() === undefined) return [];
    const before = new Map(this.slots.map(({ path, value }) => [path, value]));
    return this.look()
      .slots.filter(({ path, value }) => !before.has(path) || !Object.is(before.get(path), value))
      .map(({ path, value }) => ({ path, now: value, isNew: isNothing(before.get(path)) }));
  }

  /** Sets a field, or makes one of an object that is there. @returns what it held; nothing where it cannot be set. */
  set(path: string, value: unknown): { readonly was: unknown } | undefined {
    const { slots, owners } = this.look();
    const slot = slots.find((one) => one.path === path);
    const at = path.lastIndexOf('.');
    const owner = slot?.owner ?? [...owners.values()].find((one) => one.path === path.slice(0, at))?.owner;
    if (owner === undefined) return undefined;
    Object.defineProperty(owner, path.slice(at + 1), { value, writable: true, enumerable: true, configurable: true });
    // The elements of a map are a copy.
    const isSet = this.look().slots.some((one) => one.path === path && Object.is(one.value, value));
    return isSet ? { was: slot?.value } : undefined;
  }

  /** Takes all fields as they are now. */
  renew(): void {
    const { slots, owners } = this.look();
    this.slots = slots;
    this.owners = [...owners.values()];
    if (this.made.some(({ owner, key, value }) => !Object.is(owner[key], value))) this.made = [];
  }

  /** The same; `restore` takes out what has come since, too: a call that does not count has made it. */
  renewAfterTrace(): void {
    const come = this.come();
    this.renew();
    this.made = [...this.made, ...come];
  }

  /** Numbers, strings and plain objects that were not there. */
  private come(): Made[] {
    const before = new Map(this.slots.map(({ path, value }) => [path, value]));
    return this.look().slots.flatMap(({ path, owner, key, value }) => {
      const isKept = isCollection(owner) || ofBuilding.has(key) || !(isPrimitive(value) || isPlain(value));
      return isKept || isNothing(value) || !isNothing(before.get(path))
        ? []
        : [{ owner, key, value, isNew: !before.has(path), was: before.get(path) }];
    });
  }

  /**
   * Puts all fields back. Tensors that have come since are disposed of.
   * @returns these tensors.
   */
  restore(): Set<tf.Tensor> {
    const made = [...this.made, ...this.come()];
    const before = new Set(this.slots.map(({ path }) => path));
    const had = new Set(this.slots.map(({ value }) => value));
    const come = new Set<tf.Tensor>();
    for (const { path, owner, key, value } of this.look().slots) {
      if (!(value instanceof tf.Tensor) || had.has(value)) continue;
      come.add(value);
      if (!before.has(path) && !isCollection(owner)) owner[key] = undefined;
    }
    for (const { owner, key, value, elements } of this.slots) {
      if (elements !== undefined) refill(value, elements);
      owner[key] = value;
    }
    for (const { owner, key, isNew, was } of made) {
      if (isNew) delete owner[key];
      else owner[key] = was;
    }
    this.made = [];
    // A symbol of the trace has no values, and is not counted.
    for (const tensor of come) if (!isSymbolic(tensor) && !tensor.isDisposed) tensor.dispose();
    return come;
  }

  private look(): Seen {
    const seen: Seen = { slots: [], owners: new Map() };
    for (const [name, root, { only, without }] of this.roots()) visit(root as Owner, name, 0, seen, only, without);
    return seen;
  }
}

function isPlain(value: unknown): value is Owner {
  const prototype: unknown = typeof value === 'object' && value !== null ? Object.getPrototypeOf(value) : undefined;
  return prototype === Object.prototype || prototype === null;
}

const isNumbers = (value: unknown): value is unknown[] => Array.isArray(value) && value.every(isPrimitive);

/** Whether a number or string of an object is not that of another. */
const holdsOthers = (now: Owner, before: Owner): boolean =>
  [...new Set([...Object.keys(now), ...Object.keys(before)])].some(
    (key) => isPrimitive(now[key]) && isPrimitive(before[key]) && !Object.is(now[key], before[key]),
  );

const isNothing = (value: unknown): boolean => value === undefined || value === null;

function refill(value: unknown, elements: readonly unknown[]): void {
  if (Array.isArray(value)) {
    value.length = 0;
    for (const element of elements) value.push(element);
  } else if (value instanceof Set) {
    value.clear();
    for (const element of elements) value.add(element);
  } else if (value instanceof Map) {
    value.clear();
    for (let i = 0; i < elements.length; i += 2) value.set(elements[i], elements[i + 1]);
  }
}

function shown(value: unknown): string {
  if (value instanceof tf.Tensor) return `a tensor [${value.shape}]`;
  if (typeof value === 'function') return 'a function';
  if (isCollection(value)) return 'a list';
  return typeof value === 'object' && value !== null ? 'an object' : String(value);
}

/** `0.5, now 0.4`; `another tensor [4]` where both look alike. */
function change(before: unknown, when: string, now: unknown): string {
  const [one, other] = [shown(before), shown(now)];
  return one === other ? one.replace(/^an? /, 'another ') : `${one}, ${when} ${other}`;
}
