import { stepWorth } from '../decision/index.ts';
import type { Candidate, Measured } from './advice.ts';
import { n } from './digits.ts';
import { notCounted, offFor } from './not-counted.ts';
import { epochsToTell, flat, noGain, type Verdict, wasUniform } from './verdict.ts';

/** A loss that falls by more standard errors than this goes where it should. */
const steep = 5;
/** From here on most of a step is noise. */
const noisy = 0.5;

/** Why the verdict is what it is, a sentence or two for each thing. */
export function reasons(measured: Measured, verdict: Verdict): string[] {
  const lines = [
    verdictOf(measured, verdict),
    ...notCounted(measured, verdict),
    judgedBy(measured),
    tooShort(measured, verdict),
    limitOf(measured),
    spreadOf(measured, verdict),
    costOf(measured),
    measured.byLoss && `Samples are scored by their loss: ${measured.byLoss}.`,
    ...measured.candidates.map(({ name, failed }) => failed && `${name} failed: ${failed}.`),
    dearSteps(measured),
    notAsPromised(measured, verdict),
    stepsAside(measured, verdict),
  ];
  return lines.filter((line): line is string => typeof line === 'string' && line !== '');
}

function verdictOf(measured: Measured, { pays, conclusive, best }: Verdict): string {
  const [uniform, ...others] = measured.candidates;
  if (pays) {
    const { name, validationLoss, ratio, time } = best!;
    const sooner = time !== undefined && time < 1 ? `; it is there in ${n(time, 2)} of the time` : '';
    return `Importance sampling pays. After ${secondsOf(best!.seconds)} of training each, ${name} has a validation loss of ${n(validationLoss)}, ${n(ratio)} of uniform's ${n(uniform.validationLoss)} (95 % interval ${intervalOf(best!)})${sooner}.`;
  }
  const seen = others.filter(({ ratio }) => ratio !== undefined);
  if (seen.length === 0) return 'It cannot be told whether importance sampling pays: nothing was compared.';
  const found = seen.map((one) => {
    // An interval would be of chance, and of the time that its steps took.
    const of = wasUniform(one) ? `it trained uniformly too${offFor(one)}` : `95 % interval ${intervalOf(one)}`;
    return `${one.name} ${n(one.ratio)} of uniform's (${of})`;
  });
  const begins = conclusive
    ? 'Importance sampling does not pay here now'
    : 'It cannot be told yet whether importance sampling pays';
  return `${begins}. Validation losses after ${secondsOf(uniform.seconds)} each: ${found.join('; ')}.`;
}

function judgedBy({ judges, heldBack, candidates }: Measured): string | undefined {
  if (candidates.every(({ validationLoss }) => validationLoss === undefined)) return undefined;
  const [many, were] = judges === 1 ? ['sample', 'was'] : ['samples', 'were'];
  return `Judged by ${judges.toLocaleString('en-US')} ${many} that none trained on${heldBack ? `, which ${were} held back from those given` : ''}.`;
}

function tooShort(measured: Measured, { conclusive }: Verdict): string | undefined {
  const { stopped, planned, candidates } = measured;
  if (conclusive) return undefined;
  const more = 'more seconds will tell';
  if (stopped) return `It was stopped after ${secondsOf(measured.seconds)} of ${secondsOf(planned)}: ${more}.`;
  const stored = candidates.find(({ options }) => options !== undefined);
  if (stored && stored.epochs > 0 && stored.epochs < epochsToTell) {
    const needed = roundUp((planned * 2 * epochsToTell) / stored.epochs);
    return `The time was too short: ${n(stored.epochs, 2)} epochs of training for ${stored.name}, whose scores come from the first one. ${2 * epochsToTell} epochs take ${needed} seconds; until then there is only what the scores promise.`;
  }
  return `The time was too short for what the loss scatters. Give it ${roundUp(4 * planned)} seconds.`;
}

/** Limited by noise or by the learning rate? */
function limitOf({ falling: { fall }, before, after }: Measured): string | undefined {
  const shares = [before?.noiseShare, after?.noiseShare].filter((share) => share !== undefined);
  const [first, last] = [shares[0], shares.at(-1)].map((share) => share !== undefined && `${n(100 * share, 2)} %`);
  const noise = !last
    ? undefined
    : first === last || shares.length < 2
      ? `${last} of a uniform step is noise`
      : `${first} of a uniform step was noise at the weights given, and ${last} at the end`;
  if (fall === undefined) return noise && `What limits training is not known after so few steps; ${noise}.`;
  const also = noise ? `; ${noise}` : '';
  if (fall < flat)
    return `The noise of its steps limits uniform training: the loss no longer falls beyond its scatter${also}.`;
  const falls = `the loss falls by ${n(fall, 2)} standard errors over the last few hundred steps`;
  if (fall > steep && shares.at(-1)! >= noisy)
    return `Uniform training makes way, noisy as its steps are: ${falls}${also}. Less noise buys little as long as that lasts.`;
  if (fall > steep)
    return `The learning rate limits uniform training rather than the noise of its steps: ${falls}${also}. Less noise buys little as long as that lasts.`;
  return `Learning rate and noise both limit uniform training: ${falls}${also}.`;
}

function spreadOf({ before, after, samples, batchSize }: Measured, { conclusive }: Verdict): string | undefined {
  const outlook = after ?? before;
  if (outlook === undefined) return undefined;
  if (samples < 2 * batchSize)
    return `There is little to choose from: ${samples} samples for batches of ${batchSize}. A smaller batch changes that.`;
  const { tau, ess, gain } = outlook;
  const measures = `τ ${n(tau)}, an effective sample size of ${n(100 * ess, 2)} %`;
  if (gain < noGain) {
    const alike = ess > 0.8 ? 'All samples are about as hard as each other' : 'Samples differ, to little effect';
    const choosing = gain < 1.005 ? 'cannot make steps less noisy' : `makes E‖g‖² only ${n(gain)} times smaller`;
    const now = conclusive ? '' : ' now, which may change while the network learns';
    return `${alike}: ${measures}. Choosing among them ${choosing}${now}.`;
  }
  return `Samples differ in hardness: ${measures}. Choosing among them by fresh scores makes E‖g‖² ${n(gain)} times smaller, worth ${n(stepWorth(gain))} uniform steps.`;
}

function costOf({ candidates: [uniform, ...others], before, after, batchSize }: Measured): string | undefined {
  const outlook = after ?? before;
  if (outlook === undefined || uniform === undefined || uniform.steps === 0) return undefined;
  const step = uniform.seconds / uniform.steps;
  const fresh = others.find(({ options }) => options?.scores === 'fresh');
  if (fresh?.cost === undefined || fresh.worth === undefined) {
    const scoring = outlook.scoring * batchSize;
    return `A uniform step takes ${millis(step)}, scoring as many samples ${millis(scoring)}, ${n(scoring / step, 2)} of it; stored scores cost no pass.`;
  }
  // One timing, that of training: the look at the scores above is another, and the two need not agree.
  const verb = fresh.worth > fresh.cost ? 'more' : 'no more';
  return `A uniform step takes ${millis(step)}. A step by fresh scores at B = ${n(fresh.presample, 2)}b is worth ${n(fresh.worth)} uniform ones, ${verb} than the ${n(fresh.cost)} whose time it takes. Stored scores cost no pass.`;
}

/** What a pass does not show: drawing, gathering, looking up scores. */
function dearSteps({ candidates }: Measured): string | undefined {
  const stored = candidates.find(({ options }) => options !== undefined && options.scores === undefined);
  if (stored?.stepTime === undefined || stored.importanceShare < 0.5 || stored.stepTime < 1.1) return undefined;
  return `A step of ${stored.name} takes ${n(stored.stepTime)} times as long as a uniform one, though its scores cost no pass: beside so short a step, choosing the samples is dear. A larger batch makes it less so.`;
}

/** Gains are predicted from scores and a quadratic model; the loss is measured. */
function notAsPromised({ candidates, before, after }: Measured, { pays, conclusive }: Verdict) {
  const outlook = after ?? before;
  const used = candidates.some(({ importanceShare }) => importanceShare > 0.5);
  if (pays || !conclusive || !used || outlook === undefined || !(stepWorth(outlook.gain) > 1.1)) return undefined;
  return 'The scores promise more than the validation loss shows; the loss decides.';
}

function stepsAside({ candidates }: Measured, { pays, conclusive }: Verdict): string | undefined {
  const stored = candidates.find(({ options }) => options !== undefined && options.scores === undefined);
  if (pays || stored === undefined || stored.failed !== undefined) return undefined;
  const cost = wasUniform(stored) ? ofSteps(stored) : '';
  if (!conclusive) return `importance() decides for itself: it trains uniformly${cost} until it expects to gain.`;
  if (!wasUniform(stored)) return undefined;
  return `importance() saw that by itself: it trained uniformly${offFor(stored)}${cost}, and would begin should that change.`;
}

/** What keeping the scores cost where they were not used. */
const ofSteps = ({ stepTime }: Candidate) =>
  stepTime === undefined ? '' : ` (its steps took ${n(stepTime)} times as long, scores being kept)`;

/** The line that trains with a candidate, uniformly without one. */
export function codeOf(candidate: Candidate | undefined, batchSize: number): string {
  const method = candidate ? `importance(${literal(candidate.options ?? {})})` : 'uniform()';
  return `await fit(model, samples, { batchSize: ${batchSize}, method: ${method} });`;
}

function literal(options: object): string {
  const entries = Object.entries(options).map(([name, value]) => {
    return `${name}: ${typeof value === 'string' ? `'${value}'` : value}`;
  });
  return entries.length === 0 ? '' : `{ ${entries.join(', ')} }`;
}

const intervalOf = ({ low, high }: Candidate) => `${n(low)} to ${n(high)}`;

const secondsOf = (value: number) => `${n(value, value < 10 ? 2 : 3)} s`;
const millis = (value: number) => `${n(1000 * value)} ms`;

/** Up to two significant digits, so that what is said to be enough is. */
function roundUp(value: number): string {
  const unit = 10 ** Math.max(0, Math.floor(Math.log10(value)) - 1);
  return (Math.ceil(value / unit) * unit).toLocaleString('en-US');
}
