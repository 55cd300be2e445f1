import type { State } from '../../src/methods/method.ts';
import type { Random } from '../../src/sampling/random.ts';
import { pick } from './family.ts';

/** Bytes with some flipped, cut off, repeated, zeroed or put in. */
export function mutateBytes(random: Random, bytes: Uint8Array): Uint8Array {
  // A slice of a Buffer would be the same bytes.
  const changed = Uint8Array.from(bytes);
  const at = random.integer(bytes.length);
  const length = Math.min(bytes.length - at, 1 + random.integer(64));
  switch (random.integer(5)) {
    case 0:
      for (let k = random.integer(4); k >= 0; k--) changed[random.integer(bytes.length)] ^= 1 << random.integer(8);
      return changed;
    case 1:
      return changed.slice(0, at);
    case 2:
      return changed.fill(pick(random, [0, 255]), at, at + length);
    case 3:
      return Uint8Array.from([...changed.subarray(0, at + length), ...changed.subarray(at)]);
    default:
      return Uint8Array.from([...changed.subarray(0, at), ...changed.subarray(at + length)]);
  }
}

const hostile: readonly (() => State | undefined)[] = [
  ...[0, 1, -1, 0.5, 1e9, 2 ** 31, 2 ** 53, 1e308, Number.NaN, Infinity, -Infinity, -0].map((value) => () => value),
  ...['', 'x', '__proto__', '0', 'NaN'].map((value) => () => value),
  ...[true, false, null, undefined].map((value) => () => value),
  () => [],
  () => ({}),
  () => [1, 2, 3],
  () => ({ constructor: 1, toString: 2 }),
  () => new Float32Array(0),
  () => new Float32Array(3),
  () => new Float64Array([Number.NaN, 1e300]),
  () => new Int32Array([-1, 2 ** 30]),
  () => new BigUint64Array([1n]),
  () => [[[[[[[[]]]]]]]],
];

/** A state with one of its parts, at any depth, replaced, left out or added. */
export function mutateState(random: Random, state: State): { state: State; where: string } {
  const places: { owner: Record<string, State>; key: string; where: string }[] = [];
  const visit = (value: State, where: string) => {
    if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return;
    const owner = value as unknown as Record<string, State>;
    for (const key of Object.keys(owner)) {
      places.push({ owner, key, where: `${where}.${key}` });
      visit(owner[key], `${where}.${key}`);
    }
  };
  const copy = structuredClone(state) as State;
  visit(copy, '');
  const { owner, key, where } = pick(random, places);
  const kind = random.integer(6);
  if (kind === 0) delete owner[key];
  else if (kind === 1 && !Array.isArray(owner))
    owner[pick(random, ['extra', 'constructor', 'state', 'length'])] = owner[key];
  else if (kind === 2 && typeof owner[key] === 'number')
    owner[key] = (owner[key] as number) * pick(random, [-1, 2, 1e6]) + 1;
  else owner[key] = pick(random, hostile)() as State;
  return { state: copy, where: `${where} (${kind})` };
}
