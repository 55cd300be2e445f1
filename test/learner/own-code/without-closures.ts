import { afterEach, beforeEach, type MockInstance, vi } from 'vitest';
import { Closures } from '../../../src/learner/own-code/closures.ts';

/** In the tests around it: as everywhere but in Node, nobody tells what the names in a function's source stand for. */
export function withoutClosures(): void {
  let hidden: MockInstance;
  beforeEach(() => {
    hidden = vi.spyOn(Closures.prototype, 'of').mockReturnValue(undefined);
  });
  afterEach(() => hidden.mockRestore());
}
