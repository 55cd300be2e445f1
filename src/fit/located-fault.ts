import { fault, isOfNoSample, UnequalError, withSamplesCalled } from '../errors.ts';
import type { Pool } from '../methods/method.ts';

/** Where training was. */
interface Place {
  readonly step: number;
  readonly learningRate: number;
  /** What it trained on; nothing before the step. */
  readonly pool?: Pool;
  /** What a sample is called; its index by default. */
  readonly called?: (index: number) => number;
}

/** What went wrong in a step, with the step, the learning rate and the samples; an error of other code stays as it is. */
export function locatedFault(thrown: unknown, { step, learningRate, pool, called = (i) => i }: Place): unknown {
  const error = withSamplesCalled(thrown, called);
  if (!(error instanceof UnequalError)) return error;
  const wrong = `training stopped at step ${step}, learning rate ${learningRate}: ${error.message}`;
  if (isOfNoSample(error)) return fault({ wrong, cause: error });
  if (pool === undefined) return fault({ wrong: `${wrong}; before the step`, cause: error });
  const broken = (['input', 'target'] as const).flatMap((what) =>
    pool.batch[what === 'input' ? 'xs' : 'ys'].flatMap(({ data }) => {
      const width = data.length / pool.batch.size;
      const at = data.findIndex((value) => !Number.isFinite(value));
      return at < 0 ? [] : [`${what} of sample ${called(pool.indices[Math.floor(at / width)])}`];
    }),
  );
  return fault({
    wrong: `${wrong}; samples ${Array.from(pool.indices, called).join(', ')}`,
    mend: broken.length > 0 ? `the ${broken[0]} is not finite` : undefined,
    cause: error,
  });
}
