import { expect, it } from 'vitest';
import { spaced } from '../../src/experiments/ratio-bars.ts';

it('ticks do not touch, and 1 is one of them', () => {
  const ticks = [0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.5, 2];
  const [low, high] = [0.45, 2.2];
  const at = (tick: number) => (Math.log(tick / low) / Math.log(high / low)) * 150;
  const kept = spaced(ticks, [low, high], 150);
  expect(kept).toContain(1);
  expect(kept.length).toBeGreaterThan(2);
  for (let k = 1; k < kept.length; k++) expect(at(kept[k]) - at(kept[k - 1])).toBeGreaterThanOrEqual(32);
  expect(spaced(ticks, [low, high], 2000)).toEqual(ticks);
});
