import { stepWorth } from '../decision/index.ts';
import type { Candidate, Measured } from './advice.ts';

/** What is less than this of uniform's loss is worth having. */
export const worthwhile = 0.98;
/** An interval that begins below this may hide what is worth having. */
const promising = 0.9;
/** A method that is on in a smaller share of its steps is uniform sampling, and what it gained is chance. */
export const least = 0.05;
/** Epochs until stored scores have shown what they can do: they begin after the first. */
export const epochsToTell = 2;
/** A loss that falls by fewer standard errors does not fall beyond its scatter. */
export const flat = 2;
/** A predicted gain that nothing can be made of. */
export const noGain = 1.1;

export interface Verdict {
  readonly pays: boolean;
  readonly conclusive: boolean;
  /** The best of those that pay, or what is worth trying where it could not be told. */
  readonly best?: Candidate;
}

/** Whether a candidate is no importance sampling, for all that it is called: what it differs by from uniform is chance. */
export const wasUniform = ({ importanceShare }: Candidate): boolean => importanceShare < least;

/** What chance alone makes of uniform's loss, up or down, as far as it was seen; at most 1. */
export function luckOf(candidates: readonly Candidate[]): number {
  return candidates
    .filter((one) => one.options !== undefined && one.failed === undefined && wasUniform(one))
    .reduce((lowest, { ratio = 1 }) => Math.min(lowest, ratio, 1 / ratio), 1);
}

/** Judges by what was measured. */
export function judge({ candidates, after, before, falling: { fall } }: Measured): Verdict {
  const others = candidates.filter(({ options, failed }) => options !== undefined && failed === undefined);
  const luck = luckOf(candidates);
  const paying = others
    .filter((one) => one.ratio! <= worthwhile * luck && one.high! < luck && !wasUniform(one))
    .sort((a, b) => a.ratio! - b.ratio!);
  if (paying.length > 0) return { pays: true, conclusive: true, best: paying[0] };
  const outlook = after ?? before;
  const [stored] = others;
  const unmeasured = others.length === 0 || others.some(({ ratio }) => ratio === undefined);
  const hope = outlook !== undefined && outlook.gain >= noGain;
  // The scores of a network that has learned little are alike, whatever they will promise when it has learned more.
  const learning = fall === undefined || fall >= flat;
  const unseen = stored !== undefined && stored.epochs < epochsToTell && (hope || learning);
  const wide = others.some((one) => !wasUniform(one) && one.low! < promising);
  const conclusive = !unmeasured && !unseen && !wide;
  // Off, it costs nothing; so it may be tried where it could not be told and where the scores promise something.
  const tried = !conclusive && hope && stepWorth(outlook.gain) > 1.05 ? stored : undefined;
  return { pays: false, conclusive, best: tried };
}
