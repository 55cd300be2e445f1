import type { RunSetup } from '../fit/history.ts';
import { count, duration, many, short } from './format.ts';

/** What a report says once, for all of its runs, in words. */
const said: readonly ((setup: RunSetup) => string)[] = [
  ({ model }) => `a network of ${count(model.parameters)} parameters`,
  ({ samples }) => (samples === undefined ? 'a stream' : many(samples, 'sample')),
  ({ validation }) => (validation === undefined ? 'no validation samples' : `${count(validation)} to validate on`),
  ({ batchSize }) => `batches of ${count(batchSize)}`,
  ({ learningRate }) => `learning rate ${short(learningRate, 4)}`,
  ({ epochs = 1, seconds }) => (seconds === undefined ? many(epochs, 'epoch') : duration(seconds)),
  ({ seed }) => (seed === undefined ? 'no seed' : `seed ${seed}`),
];

/** In what the runs of one report are not as its first: `importance: batches of 64, seed 2`. Nothing if in none. */
export function differences(setups: readonly RunSetup[], titles: readonly string[]): string {
  const [first] = setups;
  const others = setups.flatMap((setup, k) => {
    const parts = said.filter((words) => words(setup) !== words(first)).map((words) => words(setup));
    return parts.length > 0 ? [`${titles[k]}: ${parts.join(', ')}`] : [];
  });
  return others.join('; ');
}
