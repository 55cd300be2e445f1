import { expect, it } from 'vitest';
import { nearestName, unknownName } from '../src/nearest.ts';

const names = ['uniform', 'loss', 'importance', 'svrg'];

it('finds the name with the fewest edits, case aside', () => {
  expect(nearestName('unifrom', names)).toBe('uniform');
  expect(nearestName('IMPORTANT', names)).toBe('importance');
  expect(nearestName('los', names)).toBe('loss');
  expect(nearestName('svgr', names)).toBe('svrg');
});

it('finds none where none is near', () => {
  expect(nearestName('x', ['importance'])).toBeUndefined();
  expect(nearestName('adam', [])).toBeUndefined();
});

it('says what was got, what there is, and what was meant', () => {
  expect(unknownName('method', 'lost', names).message).toBe(
    "unknown method: got 'lost', expected one of 'uniform', 'loss', 'importance', 'svrg', did you mean 'loss'?",
  );
  expect(unknownName('method', 3, names).message).toContain('got 3, expected one of');
});
