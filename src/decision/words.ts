import { knownTau } from '../sampling/tau.ts';
import type { Constants, Decision } from './policy.ts';

/** Why importance sampling is on or off: numbers by name. */
export type Reason = { readonly on: boolean } & (
  | { readonly by: 'end' | 'asked' }
  | { readonly by: 'threshold'; readonly tau: number; readonly threshold: number }
  /** Scores that others compute: the share that is fresh, and that is needed; whether any have come. */
  | { readonly by: 'fresh'; readonly fresh: number; readonly enough: number; readonly came: boolean }
  | { readonly by: 'policy'; readonly decision: Decision | undefined; readonly rule: Constants }
);

/** A reason in one plain sentence, without a capital or a stop. */
export function words(reason: Reason): string {
  switch (reason.by) {
    case 'end':
      return 'the last part of the run is trained uniformly';
    case 'asked':
      return 'asked for from the start';
    case 'threshold':
      if (knownTau(reason.tau) === undefined && !reason.on) return 'τ is not known yet';
      return `${besideThreshold(reason.tau, reason.threshold)}, the threshold given`;
    case 'fresh':
      if (!reason.came) return 'no scores came from any worker';
      return `${share(reason.fresh)} of the scores are fresh, and ${share(reason.enough)} are needed`;
    case 'policy':
      return reason.decision === undefined ? 'too little is known yet' : ofPolicy(reason.decision, reason.rule);
  }
}

/** τ and what it had to exceed, with as many digits as show which is larger, two at least. */
export function besideThreshold(tau: number, threshold: number): string {
  let digits = 2;
  while (digits < 12 && tau !== threshold && tau.toFixed(digits) === threshold.toFixed(digits)) digits++;
  const than = tau > threshold ? 'exceeds' : tau < threshold ? 'is below' : 'is no more than';
  return `τ ${tau.toFixed(digits)} ${than} ${threshold.toFixed(digits)}`;
}

function ofPolicy(decision: Decision, { memorised, learns }: Constants): string {
  const { against, gain, worth, cost, lead, weightPower, resisted, fitted, ratio } = decision;
  if (against === 'resists') {
    return `${share(resisted!)} of what would be drawn hardly gets better from one visit to the next; were these wrong labels, importance sampling would only fit them sooner`;
  }
  if (against === 'unknown') {
    return 'too little has been seen to tell whether what would be drawn gets better by training';
  }
  if (against === 'memorised') {
    const than = fitted! > memorised ? `near ${n(memorised)}, where` : 'so';
    return `samples that came again lately lost ${n(fitted!)} of what new ones do, ${than} what is left is mostly memorising, which helps no new sample`;
  }
  if (against === 'signed') {
    return 'losses go below 0, so that what is left to learn cannot be told from what is memorised';
  }
  const pays = against === undefined;
  const time = `${n(cost)} × the time`;
  const little = (worth: number) => (worth > cost ? `not enough above ${time}` : `too little for ${time}`);
  const what =
    lead !== undefined && weightPower < 1
      ? `batches average ${n(lead)} × the score of all samples`
      : `steps from ${n(ratio)} × as many samples are ${n(gain)} × less noisy`;
  const said = `${what}, worth ${n(worth)} uniform steps`;
  return pays ? `${said}; ${time}` : `${said}, ${little(worth)}${resisting(resisted, learns)}`;
}

/** Said where it is what keeps the weights from leaning. */
function resisting(resisted: number | undefined, learns: number): string {
  if (resisted === undefined || resisted < learns) return '';
  return `; ${share(resisted)} of what would be drawn hardly gets better from one visit to the next, as wrong labels do not`;
}

const share = (value: number) => `${Math.round(100 * value)} %`;
const n = (value: number) => value.toFixed(2);
