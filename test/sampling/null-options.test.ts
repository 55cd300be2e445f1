import { expect, it } from 'vitest';
import { distribution } from '../../src/sampling/distribution.ts';
import { AdaptiveSmoothing } from '../../src/sampling/smoothing.ts';
import { TauAverage } from '../../src/sampling/tau.ts';

it('null is not given, as everywhere', () => {
  const nothing = null as never;
  expect(new TauAverage({ form: nothing, decay: nothing, value: nothing }).state()).toEqual(new TauAverage().state());
  expect(new TauAverage(nothing).state()).toEqual(new TauAverage().state());
  const smoothing = new AdaptiveSmoothing({ share: nothing, decay: nothing, mean: nothing });
  expect(smoothing.state()).toEqual(new AdaptiveSmoothing().state());
  const p = distribution([1, 2, 1]);
  expect(distribution([1, 2, 1], { mixture: nothing, out: nothing, indices: nothing })).toEqual(p);
  expect(distribution([1, 2, 1], nothing)).toEqual(p);
});
