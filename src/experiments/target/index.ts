/** `unequal experiment target`: seconds to a validation target. */
export { forkedMaker, serve, workerFlag } from './forked-maker.ts';
export { localMaker } from './local-maker.ts';
export { presentTarget } from './present.ts';
export { base, type Runs, type TargetPlan } from './protocol.ts';
export type { ClockKind } from './run-once.ts';
export { runTarget, TargetFolder } from './run-target.ts';
export { presentSensitivity, sensitivityMethods } from './sensitivity.ts';
export type { Workload } from './workload.ts';
export { workloadNamed, workloads } from './workloads/index.ts';
