import { lostNumberText } from './lost-number.ts';
import { type Comparison, compareError, compareLoss, uniformOf } from './noise.ts';
import { type MethodRecord, type RunRecord, secondsOf, stepsOf } from './record.ts';

/** A row of the results: plain numbers, as `--json` prints them and the tables show them. */
export interface ResultRow {
  readonly method: string;
  readonly seconds: number;
  readonly steps: number;
  readonly epochs: number;
  readonly trainLoss?: number;
  readonly trainLossVsUniform?: Comparison;
  readonly testLoss?: number;
  readonly testLossVsUniform?: Comparison;
  /** Root of the mean squared error of the test, in the unit of the target, of a regression whose target was scaled. */
  readonly testRmse?: number;
  readonly testError?: number;
  readonly testErrorVsUniform?: Comparison;
  readonly importanceShare: number;
  readonly firstSwitch?: { readonly seconds: number; readonly step: number; readonly why: string };
  /** The last τ and what it had to exceed, of a method that decides by it. */
  readonly tau?: number;
  readonly threshold?: number;
  /** The last gain, what a step was worth and cost in uniform steps, and its share of noise, of a method that measures. */
  readonly gain?: number;
  readonly worth?: number;
  readonly cost?: number;
  readonly noiseShare?: number;
  /** Why it was trained as it was, a line for each thing. */
  readonly explanation?: readonly string[];
  /** Samples through a forward and a backward pass. */
  readonly forward: number;
  readonly backward: number;
  readonly failed?: string;
  /** Where its loss stopped being a number, in words. */
  readonly lostNumber?: string;
}

/**
 * The results of every method of a run, as far as it has come; those of the first seed, where there are several.
 *
 * @example
 * ```ts
 * for (const { method, testError } of resultRows(await readRecord('runs/people'))) console.log(method, testError);
 * ```
 */
export function resultRows({ config, methods }: Pick<RunRecord, 'config' | 'methods'>): ResultRow[] {
  const uniform = uniformOf(methods);
  return methods.map((method): ResultRow => {
    const { name, points, steps, switches, result } = method;
    const point = points.at(-1);
    const compared = uniform !== undefined && uniform !== method;
    const first = switches.find(({ on }) => on);
    const measured = (key: 'gain' | 'worth' | 'cost' | 'noiseShare') =>
      steps.findLast((step) => Number.isFinite(step[key]))?.[key];
    const decided = steps.findLast(({ tau, threshold }) => tau !== undefined && threshold !== undefined);
    return {
      method: name,
      seconds: secondsOf(method),
      steps: stepsOf(method),
      epochs: Math.max(point?.epoch ?? 0, steps.at(-1)?.epoch ?? 0),
      trainLoss: point?.trainLoss,
      trainLossVsUniform: compared ? compareLoss(points, uniform.points) : undefined,
      testLoss: point?.testLoss,
      testLossVsUniform: compared ? compareLoss(points, uniform.points, 'testLoss') : undefined,
      testRmse: rmseOf(config.data, point?.testLoss),
      testError: point?.testError,
      testErrorVsUniform: compared ? compareError(points, uniform.points, config.data.test) : undefined,
      importanceShare: result?.importanceShare ?? shareOf(method),
      firstSwitch: first && { seconds: first.seconds, step: first.step, why: first.why },
      tau: decided?.tau,
      threshold: decided?.threshold,
      gain: measured('gain'),
      worth: measured('worth'),
      cost: measured('cost'),
      noiseShare: measured('noiseShare'),
      explanation: result?.explanation,
      forward: result?.forward ?? steps.at(-1)?.forward ?? 0,
      backward: result?.backward ?? steps.at(-1)?.backward ?? 0,
      failed: result?.failed,
      lostNumber: lostNumberText(method),
    };
  });
}

/** A test loss in the unit of the target, where that is known. */
export function rmseOf({ scaled }: RunRecord['config']['data'], testLoss: number | undefined): number | undefined {
  if (scaled?.deviation === undefined || testLoss === undefined) return undefined;
  return scaled.deviation * Math.sqrt(testLoss);
}

/** Share of importance steps of a run without a result: each event speaks for the steps since the one before. */
function shareOf({ steps }: MethodRecord): number {
  let before = -1;
  let importance = 0;
  for (const step of steps) {
    importance += step.importance * (step.step - before);
    before = step.step;
  }
  return before < 0 ? 0 : importance / (before + 1);
}
