import type { Sampler } from './method.ts';

/** A sampler with some of its parts replaced. */
export function wrapped(sampler: Sampler, parts: Partial<Sampler>): Sampler {
  return {
    prepare: sampler.prepare && (() => sampler.prepare!()),
    draw: (size) => sampler.draw(size),
    soon: sampler.soon && ((sizes) => sampler.soon!(sizes)),
    observe: (pick, result) => sampler.observe?.(pick, result),
    validated: sampler.validated && ((loss) => sampler.validated!(loss)),
    explain: sampler.explain && (() => sampler.explain!()),
    state: () => sampler.state(),
    restore: (state) => sampler.restore(state),
    ...parts,
  };
}
