import { expect, it } from 'vitest';
import { summaryText } from '../../src/cli/summary-text.ts';
import { type RunEvent, toRecord } from '../../src/report/record.ts';
import { config, points } from '../report/fixture.ts';

const of = (names: readonly string[]) => {
  const switched = { type: 'switch', method: 'importance', step: 5, seconds: 1, on: true } as const;
  const told = [
    ...names.flatMap((name, k) => points(name, 0.02, 0.02 + 0.05 * k)),
    { ...switched, why: 'batches average 1.44 × the score of all samples, worth 1.20 uniform steps; 1.05 × the time' },
    { type: 'end', reason: 'done' },
  ] as RunEvent[];
  return summaryText(toRecord(config, told)).split('\n');
};

it('of many methods each has a line of its own, and what is in brackets stays together', () => {
  const lines = of(['uniform', 'importance', 'svrg', 'saga']);
  const those = (name: string) => lines.filter((line) => line.startsWith(`  ${name} `));
  expect([those('svrg').length, those('saga').length]).toEqual([1, 1]);
  expect(lines.join('\n')).toContain(
    '(batches average 1.44 × the score of all samples, worth 1.20 uniform steps; 1.05 × the time)',
  );
});

it('of few methods a sentence is a line', () => {
  expect(of(['uniform', 'importance', 'svrg']).some((line) => line.startsWith(' '))).toBe(false);
});
