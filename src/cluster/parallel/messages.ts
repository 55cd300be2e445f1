import { fault } from '../../errors.ts';
import { decode, encode } from '../../fit/codec.ts';
import { isObject } from '../../fit/same-shape.ts';
import { isPrimitive } from '../../learner/field-slots.ts';
import type { State } from '../../methods/method.ts';
import type { Changes } from './meddling.ts';

interface Placed {
  /** The run it is of. */
  readonly nonce: string;
  readonly round: number;
}

/** What a member gives to a round. */
export interface Contribution extends Placed {
  /** How many samples the values are a mean of. */
  readonly samples: number;
  readonly values: Float32Array;
}

/** What comes of a round. */
export interface Outcome extends Placed {
  /** Who is of the next round, whoever leads first. */
  readonly members: readonly string[];
  /** Learning rate of whoever leads. */
  readonly rate: number;
  readonly values: Float32Array;
  /** What has changed the model of whoever leads, if anything has: the values are its weights then. */
  readonly changes: Changes | null;
  /** Parameters of whoever leads before the step, now and then, so that no rounding adds up. */
  readonly parameters: Float32Array | null;
  /** Where the order of the samples is, where others are members than before. */
  readonly source: State;
}

/** What a member is let in with. */
export interface Entry extends Placed {
  readonly members: readonly string[];
  readonly state: State;
  readonly changes: Changes;
}

export const encodeMessage = (message: Contribution | Outcome | Entry): Uint8Array =>
  encode(message as unknown as State);

/** @throws UnequalError for bytes that are no contribution to this round, of this many finite numbers. */
export function decodeContribution(bytes: Uint8Array, place: Placed & { readonly length: number }): Contribution {
  const found = decoded(bytes, 'a contribution', place);
  const { samples, values } = found;
  if (!(Number.isSafeInteger(samples) && (samples as number) >= 0)) throw bad('a contribution', `${samples} samples`);
  checkValues('a contribution', values, place.length);
  return found as unknown as Contribution;
}

/** @throws UnequalError for bytes that are not the outcome of this round. */
export function decodeOutcome(
  bytes: Uint8Array,
  place: Placed & { readonly length: number },
  parameters: number,
): Outcome {
  const found = decoded(bytes, 'an outcome', place);
  checkMembers('an outcome', found.members);
  if (!Number.isFinite(found.rate)) throw bad('an outcome', `a learning rate of ${found.rate}`);
  checkValues('an outcome', found.values, place.length);
  if (found.changes !== null) checkChanges('an outcome', found.changes);
  if (found.parameters !== null) checkValues('an outcome', found.parameters, parameters);
  return found as unknown as Outcome;
}

/** @throws UnequalError for bytes that let nobody in to this run. */
export function decodeEntry(bytes: Uint8Array, nonce: string): Entry {
  const found = decoded(bytes, 'a state', { nonce });
  checkMembers('a state', found.members);
  if (!(Number.isSafeInteger(found.round) && (found.round as number) >= 0))
    throw bad('a state', `round ${found.round}`);
  checkChanges('a state', found.changes);
  return found as unknown as Entry;
}

function decoded(bytes: Uint8Array, what: string, { nonce, round }: Partial<Placed>): { [part: string]: State } {
  const found = decode(bytes, `${what} of the run`);
  if (!isObject(found)) throw bad(what, `${found}`);
  if (found.nonce !== nonce) throw bad(what, `that of the run ${String(found.nonce).slice(0, 40)}`, nonce);
  if (round !== undefined && found.round !== round) throw bad(what, `that of round ${found.round}`, `${round}`);
  return found as { [part: string]: State };
}

function checkMembers(what: string, members: State): void {
  const right = Array.isArray(members) && members.length > 0 && members.every((one) => /^[0-9a-f]{16}$/.test(`${one}`));
  if (!right) throw bad(what, 'no list of members');
}

function checkChanges(what: string, changes: State): void {
  const { trainable, settings } = (isObject(changes) ? changes : {}) as { [part: string]: State };
  if (!(Array.isArray(trainable) && trainable.every((one) => typeof one === 'boolean')))
    throw bad(what, 'no list of which layers are trainable');
  const isSetting = ([path, value]: readonly State[]) => typeof path === 'string' && isPrimitive(value);
  if (!(Array.isArray(settings) && settings.every((one) => Array.isArray(one) && isSetting(one))))
    throw bad(what, 'no list of fields');
}

function checkValues(what: string, values: State, length: number): void {
  if (!(values instanceof Float32Array)) throw bad(what, 'no numbers', `${length} of single precision`);
  if (values.length !== length) throw bad(what, `${values.length} numbers`, `${length}`);
  for (let k = 0; k < length; k++)
    if (!Number.isFinite(values[k])) throw bad(what, `${values[k]} in it`, 'finite numbers');
}

function bad(what: string, got: string, expected?: string): Error {
  return fault({ wrong: `bad message: ${what}`, got, expected });
}
