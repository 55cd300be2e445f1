import type { Context, Pick, Pool } from './method.ts';

/**
 * The part of a step that a pool counts as, by its samples, where a stream gives fewer than were asked for: at the end of a
 * pass. So each sample of a pass counts alike, as in {@link Pick.share}. Before samples of another shape it is a whole step, as it is
 * in uniform training: where every batch has a shape of its own, there are no others.
 *
 * @param asked how many samples were asked for.
 * @param whole how many a step of the run's own batch size asks for: the last batch of a pass may be smaller.
 */
export function partOfStep(
  { length }: Context,
  { batch, cut }: Pool,
  asked: number,
  whole: number,
): number | undefined {
  if (length !== undefined || cut || batch.size >= asked) return undefined;
  return batch.size / Math.max(asked, whole);
}

/** The pick with weights that make its update count as its share of a step; its estimate of the loss stays as it is. */
export function countedInPart(pick: Pick): Pick {
  const { share, weights, unbiased = weights, poolLoss } = pick;
  if (share === undefined) return pick;
  const ones = () => new Float64Array(pick.batch.size).fill(1);
  return {
    ...pick,
    weights: (weights ?? ones()).map((weight) => weight * share),
    unbiased: unbiased ?? (poolLoss === undefined ? ones() : undefined),
  };
}
