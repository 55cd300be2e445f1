import { expect, it } from 'vitest';
import { Fitted } from '../../src/decision/fitted.ts';
import { Random } from '../../src/sampling/random.ts';

const b = 64;
const losses = (value: number) => new Float32Array(b).fill(value);

it('is what samples seen before lose over what samples lose when first seen', () => {
  const fitted = new Fitted(30_000);
  for (let step = 0; step < 200; step++) fitted.observe(losses(2), () => false);
  expect(fitted.value).toBeUndefined();
  for (let step = 0; step < 400; step++) fitted.observe(losses(0.5), () => true);
  expect(fitted.value).toBeCloseTo(0.25, 6);
});

it('forgets: what was lost some thousand samples ago does not count', () => {
  const fitted = new Fitted(30_000);
  for (let step = 0; step < 200; step++) fitted.observe(losses(1), () => false);
  for (let step = 0; step < 400; step++) fitted.observe(losses(0.9), () => true);
  for (let step = 0; step < 800; step++) fitted.observe(losses(0.1), () => true);
  expect(fitted.value).toBeCloseTo(0.1, 3);
});

it('is that of all samples where some are drawn more often, by their unbiased weights', () => {
  const fitted = new Fitted(30_000);
  const random = new Random(3);
  // One sample in ten loses 5 and is drawn nine times as often; the others lose 0.5. The mean is 0.95.
  for (let step = 0; step < 2000; step++) {
    const hard = Array.from({ length: b }, () => random.uniform() < 0.5);
    const seen = step % 2 === 1;
    fitted.observe(
      hard.map((is) => (is ? 5 : 0.5) * (seen ? 0.4 : 1)),
      () => seen,
      hard.map((is) => (is ? 0.2 : 1.8)),
    );
  }
  expect(fitted.value).toBeGreaterThan(0.36);
  expect(fitted.value).toBeLessThan(0.44);
});

it('is not known where nothing comes again, as on a stream, nor of losses of zero', () => {
  const stream = new Fitted(30_000);
  for (let step = 0; step < 1000; step++) stream.observe(losses(1), () => false);
  expect(stream.value).toBeUndefined();
  const zero = new Fitted(30_000);
  for (let step = 0; step < 1000; step++) zero.observe(losses(0), () => step % 2 === 0);
  expect(zero.value).toBeUndefined();
});

it('is not known of losses that go below 0, which have no zero to be far from', () => {
  const fitted = new Fitted(30_000);
  for (let step = 0; step < 600; step++) fitted.observe(losses(1 - 1e-6 * step), () => step > 200);
  // A zero but for rounding is one.
  fitted.observe(losses(-1e-7), () => true);
  expect([fitted.signed, fitted.value]).toEqual([false, expect.any(Number)]);
  // One that does not count says nothing.
  fitted.observe(losses(-1), () => true, losses(0));
  expect(fitted.signed).toBe(false);
  fitted.observe([-1], () => true);
  expect([fitted.signed, fitted.value]).toEqual([true, undefined]);
  const other = new Fitted(30_000);
  other.restore(structuredClone(fitted.state()));
  expect(other.signed).toBe(true);
});

it('new samples are those of validation, as measured last, where there are any', () => {
  const fitted = new Fitted(30_000);
  for (let step = 0; step < 200; step++) fitted.observe(losses(2), () => false);
  for (let step = 0; step < 400; step++) fitted.observe(losses(0.5), () => true);
  fitted.validated(0.8);
  fitted.validated(1);
  expect(fitted.value).toBeCloseTo(0.5, 6);
  const other = new Fitted(30_000);
  other.restore(structuredClone(fitted.state()));
  expect(other.value).toBe(fitted.value);
  // A validation that has broken down says nothing.
  fitted.validated(Number.NaN);
  expect(fitted.value).toBeCloseTo(0.25, 6);
});

it('is the same after a pause', () => {
  const [one, two] = [new Fitted(30_000), new Fitted(30_000)];
  for (let step = 0; step < 300; step++) one.observe(losses(1 / (1 + step)), () => step > 100);
  two.restore(structuredClone(one.state()));
  expect(two.value).toBe(one.value);
});
