import type { StepReport } from './report.ts';

/** Callbacks of this library that look at each step and change nothing, so that no step has to be looked at anew for them. */
export const watchesSteps = Symbol('watches steps');

export interface StepWatcher {
  [watchesSteps](report: StepReport): void;
}

export const isWatching = (callback: object): callback is StepWatcher =>
  typeof (callback as Partial<StepWatcher>)[watchesSteps] === 'function';
