import { duration, number } from './format.ts';
import type { MethodRecord } from './record.ts';

/** Where the loss of a method was first not finite. */
export interface LostNumber {
  readonly step: number;
  readonly seconds: number;
  readonly value: number;
  /** Whether it is finite again at the end. */
  readonly back: boolean;
}

/** The first step, or evaluation, with a loss that was NaN or infinite; undefined where there is none. */
export function lostNumber({ points, steps }: MethodRecord): LostNumber | undefined {
  const told = [
    ...steps.map(({ step, seconds, loss }) => ({ step, seconds, losses: [loss] })),
    ...points.map(({ step, seconds, trainLoss, testLoss, testError }) => ({
      step,
      seconds,
      losses: [trainLoss, testLoss, testError].filter((loss) => loss !== undefined),
    })),
  ].map(({ losses, ...at }) => ({ ...at, value: losses.find((loss) => !Number.isFinite(loss)) }));
  let [first, last] = [told[0], told[0]];
  for (const one of told) {
    if (one.value !== undefined && (first.value === undefined || one.step < first.step)) first = one;
    if (one.step > last.step || (one.step === last.step && one.value !== undefined)) last = one;
  }
  if (first?.value === undefined) return undefined;
  const { step, seconds, value } = first;
  return { step, seconds, value, back: last.value === undefined };
}

/** `its loss stopped being a number at step 509 (5.1 s): it was NaN`; undefined where it was one throughout. */
export function lostNumberText(method: MethodRecord): string | undefined {
  const lost = lostNumber(method);
  if (lost === undefined) return undefined;
  const back = lost.back ? ', and is a number again at the end' : '';
  return `its loss stopped being a number at step ${lost.step} (${duration(lost.seconds)}): it was ${number(lost.value)}${back}`;
}
