/** Does importance sampling pay? What is measured, and the page of policy that decides; knows no model and no data. */
export { Costs, type CostsState } from './costs.ts';
export { EvidenceLooks } from './evidence.ts';
export { Fitted } from './fitted.ts';
export { GainMeter, type Probe } from './gain-meter.ts';
export {
  type Constants,
  constants,
  type Decision,
  type Evidence,
  largestRateFactor,
  type Rule,
  stepWorth,
} from './policy.ts';
export { largestGiven, resists } from './resistance.ts';
export { presampleRatios, type Start, Switch, type Turn } from './switch.ts';
export { Timing } from './timing.ts';
export { besideThreshold, type Reason, words } from './words.ts';
