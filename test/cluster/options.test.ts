/** Options of the cluster's functions that cannot be, refused before anything is started. */
import { expect, it } from 'vitest';
import { dataParallel, distributedImportance } from '../../src/cluster/index.ts';

it.each([3, { count: 1 }, { count: 0, file: 'x.mjs' }, { count: 1, file: '' }])('no workers: %j', (workers) => {
  expect(() => distributedImportance({ workers: workers as never })).toThrow(
    /^bad workers of distributedImportance: got .*, expected \{ count, file \}/,
  );
});

it('an option is named once', () => {
  const options = [{ outer: { rate: -1 } }, { workers: -1 }, { dropAfter: 0 }, { join: 1 }, { onMember: 1 }];
  for (const one of options) {
    expect(() => dataParallel(one as never)).toThrow(new RegExp(`^bad ${Object.keys(one)[0]} of dataParallel: got`));
  }
});
