export { cosineDecay, stepDecay } from '../methods/schedule.ts';
