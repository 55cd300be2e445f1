import { fault } from '../errors.ts';
import { type Check, type Checks, checkedOptions, positive, range, shown } from '../options.ts';
import type { Schedule } from './method.ts';

const moments = [0, 0.125, 0.25, 0.375, 0.5, 0.625, 0.75, 0.875, 1];

/** The factors of a schedule at a few moments: a function cannot be written down, these can be compared. */
export function factorsOf(schedule: Schedule): number[] {
  return moments.map(schedule);
}

const expected = 'a function from a share of the budget, 0 to 1, to a finite factor ≥ 0';

/** A function from the share of the budget used to a factor of the learning rate. */
export const scheduling: Check = (option, value) => {
  if (typeof value !== 'function') throw fault({ wrong: `bad ${option}`, got: value, expected });
  for (const moment of moments) checkedFactor(option, (value as Schedule)(moment), moment);
};

/** @returns the factor that a schedule has given. @throws UnequalError for what no learning rate can be multiplied by. */
export function checkedFactor(option: string, factor: unknown, moment: number): number {
  if (typeof factor === 'number' && factor >= 0 && factor < Infinity) return factor;
  const uncalled = typeof factor === 'function';
  throw fault({
    wrong: `bad ${option}`,
    got: `${uncalled ? 'a function' : String(shown(factor))} at ${Number(moment.toFixed(3))}`,
    expected,
    mend: uncalled ? 'call it: cosineDecay(), not cosineDecay' : undefined,
  });
}

/** How schedules of the library were called: a function does not say it. */
const words = new WeakMap<Schedule, string>();

const constant: Schedule = () => 1;

const ofOnesOwn = 'a function of your own';

/** How a schedule was given, in words. */
export const scheduleWords = (schedule: Schedule): string => words.get(schedule) ?? ofOnesOwn;

/** Whether a schedule is of this library alone, and only computes: one of the user's may set what a loss reads. */
export const onlyComputes = (schedule: Schedule): boolean => !scheduleWords(schedule).includes(ofOnesOwn);

function called(text: string, schedule: Schedule): Schedule {
  words.set(schedule, text);
  return schedule;
}

/**
 * Divides the learning rate by `factor` at each share of the budget in `at`: by 5 at 40 % and 80 % in the paper's image
 * experiments (section 4.2), whether the budget is epochs or seconds.
 *
 * @example
 * ```ts
 * await fit(model, x, y, { epochs: 10, schedule: stepDecay([0.4, 0.8], 5) });
 * ```
 */
export function stepDecay(at: readonly number[] = [0.4, 0.8], factor = 5): Schedule {
  const given = Array.isArray(at) && at.every((share) => typeof share === 'number' && share >= 0 && share <= 1);
  if (!given || !(typeof factor === 'number' && factor > 0 && factor < Infinity)) {
    throw fault({
      wrong: 'bad step decay',
      got: `${String(factor)} at ${Array.isArray(at) ? at.join(', ') : String(at)}`,
      expected: 'shares in [0, 1], a factor > 0',
    });
  }
  // The share that a warm-up hands on is rounded; no run has so many steps that this is one of them.
  const shares = at.map((share) => share - 1e-12);
  return called(
    `stepDecay([${at.join(', ')}], ${factor})`,
    (progress) => factor ** -shares.filter((share) => progress >= share).length,
  );
}

/**
 * From 1 to 0 along half a cosine (Loshchilov & Hutter, SGDR, 2017, eq. 5).
 *
 * @example
 * ```ts
 * await fit(model, x, y, { seconds: 60, schedule: cosineDecay() });
 * ```
 */
export function cosineDecay(): Schedule {
  return called('cosineDecay()', (progress) => (1 + Math.cos(Math.PI * Math.min(1, progress))) / 2);
}

/**
 * From nearly 0 to the full rate over the first `share` of the budget, along a line (Goyal et al., 2017), and then by
 * another schedule of what is left.
 *
 * @example
 * ```ts
 * await fit(model, x, y, { epochs: 10, schedule: warmUp(0.05, cosineDecay()) });
 * ```
 */
export function warmUp(share = 0.05, then: Schedule = constant): Schedule {
  if (!(typeof share === 'number' && share > 0 && share < 1))
    throw fault({ wrong: 'bad warm-up', got: shown(share), expected: 'a share in (0, 1)' });
  scheduling('schedule after the warm-up', then);
  return called(then === constant ? `warmUp(${share})` : `warmUp(${share}, ${scheduleWords(then)})`, (progress) =>
    // A step at rate 0 would be none.
    progress < share ? Math.max(0.01, progress / share) : then(Math.min(1, (progress - share) / (1 - share))),
  );
}

export interface OneCycleOptions {
  /** Share of the budget at which the rate is highest. Default 0.3. */
  readonly peak?: number;
  /** What the highest rate is divided by at the start. Default 25. */
  readonly from?: number;
  /** What the first rate is divided by at the end. Default 10⁴. */
  readonly to?: number;
}

const oneCycleChecks: Checks<OneCycleOptions> = { peak: positive, from: range(1), to: range(1) };

/**
 * One cycle (Smith, 2018): along half a cosine from 1/`from` up to 1 at `peak` of the budget, and down to 1/(`from` · `to`).
 *
 * @example
 * ```ts
 * await fit(model, x, y, { epochs: 10, schedule: oneCycle({ peak: 0.3 }) });
 * ```
 */
export function oneCycle(options: OneCycleOptions = {}): Schedule {
  const { peak = 0.3, from = 25, to = 1e4 } = checkedOptions('oneCycle', options, oneCycleChecks);
  if (!(peak < 1 && from * to < Infinity)) {
    const got = `peak ${peak}, from ${from}, to ${to}`;
    throw fault({ wrong: 'bad one-cycle', got, expected: 'a peak in (0, 1), divisors ≥ 1' });
  }
  const between = (a: number, b: number, share: number) => b + ((a - b) * (1 + Math.cos(Math.PI * share))) / 2;
  return called(`oneCycle({ peak: ${peak}, from: ${from}, to: ${to} })`, (progress) =>
    progress < peak
      ? between(1 / from, 1, progress / peak)
      : between(1, 1 / (from * to), Math.min(1, (progress - peak) / (1 - peak))),
  );
}
