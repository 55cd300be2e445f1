import { words } from '../decision/index.ts';
import type { Standing } from '../methods/method.ts';
import type { BalanceState } from './balance.ts';
import type { CappedSample } from './capped.ts';
import type { SwitchRecord } from './history.ts';

/** What there is to say of a run's sampling. */
export interface Sampling {
  readonly switches: readonly Pick<SwitchRecord, 'step' | 'seconds' | 'on' | 'why'>[];
  readonly balance: BalanceState;
  /** Where the method stood at the end. */
  readonly standing?: Standing;
  /** Samples that the guard capped, most often first; absent counts as none. */
  readonly capped?: readonly CappedSample[];
  /** What a sample is called; its index by default. */
  readonly place?: (index: number) => number;
  /** Validation losses, one an epoch, and the numbers of these, from 0; by default the first is 0. */
  readonly validation?: readonly number[];
  readonly epochs?: readonly number[];
  /** The epoch whose weights were put back at the end. */
  readonly restored?: number;
}

/** Switches of which each gets a line of its own, from the first and the last on; those between are counted. */
const shown = { first: 5, last: 3 };
/** Capped samples that are named. */
const named = 10;

/**
 * Why a run was trained as it was, a line each: first what was done and why, and what became of validation; then how many
 * steps of which kind, each switch, what was measured at the end, which samples were capped as likely wrong labels, and
 * what training time was gained by the method's own estimates.
 */
export function explain(sampling: Sampling): string[] {
  const { switches, balance, standing, capped = [], validation = [] } = sampling;
  const { uniform, importance } = balance;
  const steps = uniform.steps + importance.steps;
  if (steps === 0) return ['Nothing was trained.'];
  const kinds = [uniform.steps > 0 && `${count(uniform.steps)} uniform`, importance.steps > 0 && byImportance(balance)];
  const lines = [
    ...(standing ? [headline(sampling, standing)] : []),
    ...(validation.length > 0 ? [ofValidation(validation, sampling)] : []),
    `${many(steps, 'step')} in ${seconds(uniform.seconds + importance.seconds)}: ${kinds.filter(Boolean).join(', ')}.`,
  ];
  const left = switches.length - shown.first - shown.last;
  for (const [k, { step, seconds: at, on, why }] of switches.entries()) {
    if (left > 0 && k === shown.first) lines.push(`… ${many(left, 'more switch', 'more switches')} …`);
    if (left > 0 && k >= shown.first && k < switches.length - shown.last) continue;
    lines.push(`Step ${count(step)}, ${seconds(at)}: ${on ? 'on' : 'off'}. ${sentence(why)}`.trimEnd());
  }
  if (standing && standing.details.length > 0) lines.push(`At the end: ${withStop(standing.details.join('; '))}`);
  if (capped.length > 0) lines.push(likelyWrong(capped, sampling.place));
  const came = outcome(balance, standing !== undefined, risen(validation));
  return came === undefined ? lines : [...lines, came];
}

/** What the method did, and why it stands where it does. */
function headline({ switches, balance: { importance, uniform } }: Sampling, { reason }: Standing): string {
  const last = switches.at(-1);
  const why = words(reason);
  if (importance.steps === 0) return `Off throughout: ${withStop(why)}`;
  if (uniform.steps === 0 || (last === undefined && reason.on)) return `On throughout: ${withStop(why)}`;
  if (last === undefined) {
    return `Off throughout, but for ${many(importance.steps, 'step')} made to measure it: ${withStop(why)}`;
  }
  const of = `${share(importance.steps, importance.steps + uniform.steps)} of the steps by importance`;
  const since = `since step ${count(last.step)}`;
  return last.on ? `On ${since}, ${of}: ${withStop(why)}` : `Off ${since}, ${of} before: ${withStop(last.why)}`;
}

/** A loss that is this share above its lowest has become worse. */
const worse = 0.02;

/** The last epoch, from 0, of those with the lowest loss; NaN is above all others. */
function lowestOf(validation: readonly number[]): number {
  const heights = validation.map((loss) => (Number.isNaN(loss) ? Infinity : loss));
  let lowest = 0;
  for (const [epoch, height] of heights.entries()) if (height <= heights[lowest]) lowest = epoch;
  return lowest;
}

/** Whether the last loss is worse than the lowest by more than a fiftieth. */
function risen(validation: readonly number[]): boolean {
  const at = lowestOf(validation);
  const lowest = validation[at];
  return at < validation.length - 1 && !(validation.at(-1)! <= lowest + worse * Math.abs(lowest));
}

function ofValidation(validation: readonly number[], { epochs = [...validation.keys()], restored }: Sampling): string {
  const back = restored === undefined ? -1 : epochs.indexOf(restored);
  const course = courseOf(validation, epochs);
  if (restored === undefined || back < 0 || back >= validation.length - 1) return course;
  return `${course} The weights of epoch ${restored + 1}, with a validation loss of ${validation[back].toPrecision(3)}, were put back.`;
}

function courseOf(validation: readonly number[], epochs: readonly number[]): string {
  const at = lowestOf(validation);
  const last = `Validation loss ${validation.at(-1)!.toPrecision(3)}`;
  const lowest = `${validation[at].toPrecision(3)} in epoch ${epochs[at] + 1}`;
  if (validation.length === 1 || Number.isNaN(validation[at])) return `${last}.`;
  if (risen(validation)) return `${last}, after ${lowest}: what was trained since then made it worse.`;
  return at < validation.length - 1
    ? `${last}, within 2 % of its lowest, ${lowest}.`
    : `${last}, as low as it has been.`;
}

function byImportance({ importance }: BalanceState): string {
  return `${count(importance.steps)} by importance`;
}

/** The list of them ends at 100. */
function likelyWrong(capped: readonly CappedSample[], called = (index: number) => index): string {
  const number = capped.length < 100 ? many(capped.length, 'sample') : '100 samples or more';
  const most = capped.slice(0, named).map(({ index, times }) => `${called(index)} (${many(times, 'time')})`);
  return `The guard capped the scores of ${number}, most often of ${most.join(', ')}${capped.length > named ? ', …' : ''}: wrong labels are likely there.`;
}

/** What importance sampling gained or lost, where a method decides about it. */
function outcome(
  { importance, gained, weighed, biased }: BalanceState,
  decides: boolean,
  worsened: boolean,
): string | undefined {
  if (importance.steps === 0)
    return decides
      ? 'Importance sampling was not used: nothing gained, and nothing lost but the time of keeping scores.'
      : undefined;
  if (weighed === 0) return decides ? 'What importance sampling gained or lost was not measured.' : undefined;
  if (worsened) return 'Validation has become worse, so no time counts as gained.';
  const verb = gained >= 0 ? 'gained' : 'lost';
  const of = biased === weighed ? 'its' : `${share(biased, weighed)} of its`;
  const but = biased === 0 ? '' : `; they are rough, for ${of} steps had biased weights`;
  // What is not seen with two digits is nothing.
  if (Math.abs(gained) < 0.005) return `By these estimates importance sampling neither gained nor lost time${but}.`;
  return `By these estimates importance sampling ${verb} ${seconds(Math.abs(gained))} of uniform training${but}.`;
}

/** Some are not none, nor all. */
const share = (part: number, all: number) => `${Math.min(99, Math.max(1, Math.round((100 * part) / all)))} %`;
const count = (value: number) => value.toLocaleString('en-US');
const many = (value: number, one: string, more = `${one}s`) => `${count(value)} ${value === 1 ? one : more}`;
const seconds = (value: number) => `${value.toFixed(value < 9.995 ? 2 : 1)} s`;
const withStop = (text: string) => (/[.!?]$/.test(text) ? text : `${text}.`);

/** A method may give no reason. */
function sentence(text: string): string {
  if (text === '') return '';
  // τ would become Τ, which is no sign of the field.
  const first = /^[a-z]/.test(text) ? text[0].toUpperCase() : text[0];
  return withStop(first + text.slice(1));
}
