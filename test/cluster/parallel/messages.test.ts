import { describe, expect, it } from 'vitest';
import {
  decodeContribution,
  decodeEntry,
  decodeOutcome,
  encodeMessage,
} from '../../../src/cluster/parallel/messages.ts';
import { UnequalError } from '../../../src/errors.ts';
import { encode } from '../../../src/fit/codec.ts';
import type { State } from '../../../src/methods/method.ts';

const nonce = '0123456789abcdef';
const place = { nonce, round: 3, length: 2 };
const part = { nonce, round: 3, samples: 8, values: Float32Array.of(1, 2) };
const changes = { trainable: [true, false], settings: [['optimizer.beta1', 0.1], ['layers[0].rate']] as const };
const outcome = {
  ...{ nonce, round: 3, members: [nonce], rate: 0.1, values: Float32Array.of(1, 2) },
  ...{ changes, parameters: Float32Array.of(5), source: null },
};
const entry = { nonce, round: 3, members: [nonce], state: { run: null }, changes };
const hostile = (message: object, more: object) => encode({ ...message, ...more } as State);

describe('messages of a run of several processes', () => {
  it('are what they were', () => {
    expect(decodeContribution(encodeMessage(part), place)).toEqual(part);
    expect(decodeOutcome(encodeMessage(outcome), place, 1)).toEqual(outcome);
    expect(decodeEntry(encodeMessage(entry), nonce)).toEqual(entry);
  });

  it.each([
    [{ nonce: 'fedcba9876543210' }, /that of the run fedcba9876543210, expected 0123456789abcdef/],
    [{ round: 2 }, /that of round 2, expected 3/],
    [{ samples: -1 }, /-1 samples/],
    [{ samples: Number.NaN }, /NaN samples/],
    [{ samples: 'x'.repeat(9) }, /xxxxxxxxx samples/],
    [{ values: [1, 2] }, /no numbers/],
    [{ values: Float64Array.of(1, 2) }, /no numbers/],
    [{ values: Float32Array.of(1) }, /1 numbers, expected 2/],
    [{ values: Float32Array.of(1, Number.NaN) }, /NaN in it/],
    [{ values: Float32Array.of(-Infinity, 1) }, /-Infinity in it/],
  ])('a contribution of %j is refused', (more, message) => {
    expect(() => decodeContribution(hostile(part, more), place)).toThrow(message);
  });

  it.each([
    [{ members: [] }, /no list of members/],
    [{ members: ['someone'] }, /no list of members/],
    [{ members: { length: 1 } }, /no list of members/],
    [{ rate: Number.NaN }, /a learning rate of NaN/],
    [{ values: Float32Array.of(1) }, /1 numbers, expected 2/],
    [{ parameters: Float32Array.of(Number.NaN) }, /NaN in it/],
    [{ parameters: Float32Array.of(1, 2) }, /2 numbers, expected 1/],
    [{ changes: [] }, /no list of which layers are trainable/],
    [{ changes: { ...changes, trainable: [1] } }, /no list of which layers are trainable/],
    [{ changes: { ...changes, settings: { length: 1 } } }, /no list of fields/],
    [{ changes: { ...changes, settings: [['optimizer.beta1', {}]] } }, /no list of fields/],
  ])('an outcome of %j is refused', (more, message) => {
    expect(() => decodeOutcome(hostile(outcome, more), place, 1)).toThrow(message);
  });

  it.each([
    [{ round: -1 }, /round -1/],
    [{ round: 0.5 }, /round 0.5/],
    [{ members: null }, /no list of members/],
    [{ changes: null }, /no list of which layers are trainable/],
  ])('a state of %j is refused', (more, message) => {
    expect(() => decodeEntry(hostile(entry, more), nonce)).toThrow(message);
  });

  it('with any byte changed, cut or added are what they say or refused', () => {
    const bytes = encodeMessage(part);
    for (let at = 0; at < bytes.length; at++) {
      const changed = bytes.slice();
      changed[at] ^= 0x55;
      expect(() => decodeContribution(changed, place)).toThrow(UnequalError);
      expect(() => decodeContribution(bytes.slice(0, at), place)).toThrow(UnequalError);
    }
    expect(() => decodeContribution(Uint8Array.of(...bytes, 0), place)).toThrow();
  });
});
