import { unknownName } from '../nearest.ts';
import { checkedOptions } from '../options.ts';
import { decayed } from './decayed.ts';
import type { Entry } from './entry.ts';
import { importanceSampling } from './importance/entries.ts';
import type { Method } from './method.ts';
import { embeddingMining } from './mining/entries.ts';
import { selection } from './selection/entries.ts';
import { uniform } from './uniform.ts';
import { varianceReduced } from './variance-reduced/entries.ts';

/** Every method of the library. */
export const registry: readonly Entry[] = [
  {
    name: 'uniform',
    paper: 'Robbins & Monro 1951',
    biased: false,
    cost: 'none',
    bytesPerSample: 0,
    streams: true,
    use: 'as the baseline, and while the loss falls as fast as the learning rate allows',
    avoid: 'when most samples are learned and the noise of the few others holds the loss up',
    options: [],
    make: uniform,
  },
  {
    name: 'decayed',
    paper: 'Li, Yumer & Ramanan 2020',
    biased: false,
    cost: 'none',
    bytesPerSample: 0,
    streams: true,
    use: 'as the baseline for any claim of a shorter training: fewer steps, learning rate decayed to the budget',
    avoid: 'when the budget is not known beforehand, or the run has a schedule already',
    options: [],
    make: (options = {}) => {
      options = checkedOptions('decayed', options, {});
      return decayed(uniform(), undefined, 'decayed');
    },
  },
  ...importanceSampling,
  ...selection,
  ...embeddingMining,
  ...varianceReduced,
];

/** The entry of a name. @throws UnequalError with the nearest name where there is none. */
export function methodEntry(name: string): Entry {
  const entry = registry.find((entry) => entry.name === name);
  if (entry === undefined) {
    const names = registry.map(({ name }) => name);
    throw unknownName('method', name, names);
  }
  return entry;
}

/** The method of a name with its defaults, or with options. @throws UnequalError for an unknown name or bad options. */
export function methodNamed(name: string, options?: object): Method {
  return methodEntry(name).make(options);
}
