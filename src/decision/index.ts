/** Does importance sampling pay? Gain, cost and the switch that weighs them; knows no model and no data. */
export { Costs, type CostsState } from './costs.ts';
export { GainMeter, type Probe } from './gain-meter.ts';
export { Limit } from './limit.ts';
export { powerAt, Response, resists } from './response.ts';
export { checkStart, presampleRatios, type Start, Switch } from './switch.ts';
export { largestRateFactor } from './weighing.ts';
