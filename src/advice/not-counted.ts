import type { Candidate, Measured } from './advice.ts';
import { n } from './digits.ts';
import { least, luckOf, type Verdict, wasUniform, worthwhile } from './verdict.ts';

/** Why a method whose interval excludes 1 does not count as better for it, a sentence each. */
export function notCounted({ candidates }: Measured, { pays }: Verdict): string[] {
  if (pays) return [];
  const luck = luckOf(candidates);
  return candidates.flatMap((one) => {
    const { name, options, failed, ratio, low, high } = one;
    if (options === undefined || failed !== undefined || ratio === undefined) return [];
    if (wasUniform(one)) {
      if (low! <= 1 && high! >= 1) return [];
      const but = `${name} was on in ${share(one)} of its steps; less than ${n(100 * least)} % is uniform training`;
      return [`${but}, so that what it differs by is chance and the time of its steps.`];
    }
    if (high! >= 1) return [];
    if (luck < 1) {
      const by = `One that trained uniformly ended a factor of ${n(1 / luck)} apart from uniform by chance`;
      return [`${by}. ${name}, with an interval of ${n(low)} to ${n(high)}, is not better by enough more than that.`];
    }
    return [`${name} is better by less than the ${n(100 - 100 * worthwhile)} % that are worth having.`];
  });
}

/** The steps of a method that trained uniformly in which it did not. */
export const offFor = (one: Candidate): string =>
  one.importanceShare > 0 ? `, but for ${share(one)} of its steps` : '';

const share = ({ importanceShare }: Candidate) => `${n(100 * importanceShare, 2)} %`;
