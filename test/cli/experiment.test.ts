import { expect, test } from 'vitest';
import { run } from './run.ts';

test('list names every experiment; a wrong name is told what is right', async () => {
  const { code, out } = await run(['experiment', 'list']);
  expect(code).toBe(0);
  for (const name of ['gradient-norms', 'variance-reduction', 'start', 'redundancy', 'target', 'sensitivity'])
    expect(out).toContain(name);
  const wrong = await run(['experiment', 'strat']);
  expect(wrong.code).toBe(2);
  expect(wrong.err).toMatch(/unknown experiment: .*did you mean 'start'/);
  const only = await run(['experiment', 'sequence', '--only', '15-steps']);
  expect(only.code).toBe(1);
  expect(only.err).toMatch(/unknown setting of sequence: .*did you mean '16-steps'/);
});
