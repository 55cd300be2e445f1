import { mean } from '../mean.ts';
import type { ImportanceOptions } from '../methods/importance/importance.ts';
import type { Candidate } from './advice.ts';
import type { Contender } from './contender.ts';
import { compare, lastOf } from './paired.ts';

/** Moments without which nothing can be said of scatter. */
const fewest = 4;

/** A contender's numbers, against those of uniform training. */
export function candidateOf(
  contender: Contender,
  against: Contender,
  options: ImportanceOptions | undefined,
): Candidate {
  const { name, points, steps, epochs, seconds, importanceSteps, failed, report } = contender;
  const moments = Math.min(points.length, against.points.length);
  const measured = moments >= fewest && failed === undefined && against.failed === undefined;
  const losses = ({ points }: Contender) => points.slice(0, moments).map((point) => point.losses);
  const { presample, gain, worth, cost } = report ?? {};
  return {
    ...{ name, options, steps, epochs, seconds, presample, gain, worth, cost, failed },
    importanceShare: steps === 0 ? 0 : importanceSteps / steps,
    stepTime: against.steps === 0 || steps === 0 ? undefined : seconds / steps / (against.seconds / against.steps),
    says: contender.explain(),
    ...(measured && { validationLoss: level(contender, moments).loss }),
    ...(measured && contender !== against && compare(losses(contender), losses(against))),
    ...(measured && contender !== against && { time: timeShare(contender, against, moments) }),
  };
}

/** Mean loss over the last moments, and the mean of their times. */
function level({ points }: Contender, moments: number): { loss: number; seconds: number } {
  const last = points.slice(moments - lastOf(moments), moments);
  return { loss: mean(last.map(({ losses }) => mean(losses))), seconds: mean(last.map(({ seconds }) => seconds)) };
}

/** Share of uniform's seconds after which the loss first is uniform's last, on straight lines between the moments. */
function timeShare({ points }: Contender, against: Contender, moments: number): number | undefined {
  const { loss, seconds } = level(against, moments);
  const curve = points.slice(0, moments).map((point) => ({ seconds: point.seconds, loss: mean(point.losses) }));
  const k = curve.findIndex((point) => point.loss <= loss);
  if (k < 0) return undefined;
  const [from, to] = [curve[k - 1], curve[k]];
  const passed = from === undefined ? 1 : (from.loss - loss) / (from.loss - to.loss);
  const at = from === undefined ? to.seconds : from.seconds + passed * (to.seconds - from.seconds);
  return at / seconds;
}
