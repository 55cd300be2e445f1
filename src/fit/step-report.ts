import type { Counters } from '../learner/learner.ts';
import type { Pick, UpdateResult } from '../methods/method.ts';
import type { StepReport } from './report.ts';
import { reportedLoss } from './reported-loss.ts';

interface Moment {
  readonly epoch: number;
  readonly batch: number;
  readonly step: number;
  readonly seconds: number;
  /** Samples that went through the network until the end of the step. */
  readonly counters: Counters;
  /** That of the optimizer; a pick may multiply it. */
  readonly learningRate: number;
  readonly metricNames: readonly string[];
  readonly isStream: boolean;
}

/** What is told of a step: what was picked, what it gave, and when. */
export function stepReport(
  pick: Pick,
  result: UpdateResult,
  { epoch, batch, step, seconds, counters, learningRate, metricNames, isStream }: Moment,
): StepReport {
  return {
    ...pick.report,
    ...result.report,
    ...{ epoch, batch, step, seconds },
    loss: reportedLoss(pick, result),
    metrics: Object.fromEntries(result.metrics.map((value, k) => [metricNames[k], value])),
    learningRate: learningRate * (pick.rateFactor ?? 1),
    size: pick.batch.size,
    // A pass over a stream is an epoch, in whose loss each sample counts once; the steps of other data count alike.
    ...(isStream && pick.drawnFrom && { standsFor: pick.drawnFrom.batch.size }),
    indices: pick.indices,
    losses: result.losses,
    unweighted: result.unweighted,
    answers: result.answers,
    weights: pick.weights,
    ...{ forward: counters.forward, backward: counters.backward },
  };
}
