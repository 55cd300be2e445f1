import { fault } from '../errors.ts';
import type { Provider } from '../fit/provider.ts';
import { Random } from '../sampling/random.ts';

/** Share of the samples that is held back. */
const share = 1 / 5;
/** Samples that are judged by at most. */
export const mostJudges = 2000;

/**
 * The samples to train on and those to judge by, which no candidate trains on: chosen at random, for data is often sorted.
 * @throws UnequalError if there is only one.
 */
export function heldBack(all: Provider, seed: number): { train: Provider; validation: Provider } {
  if (all.length < 2) {
    throw fault({ wrong: 'no advice on one sample', expected: 'two or more', mend: 'give some thousand of them' });
  }
  const held = Math.max(1, Math.min(mostJudges, Math.floor(share * all.length)));
  const order = new Random(seed).fork('held back').permutation(all.length);
  // In their own order, as data on a disk is read best.
  return { train: those(all, order.subarray(held).sort()), validation: those(all, order.slice(0, held).sort()) };
}

function those(all: Provider, rows: Int32Array): Provider {
  const of = (indices: ArrayLike<number>) => Int32Array.from(indices, (i) => rows[i]);
  return {
    length: rows.length,
    ...(all.soon && { soon: (indices) => all.soon!(of(indices)) }),
    batch: (indices) => all.batch(of(indices)),
  };
}
