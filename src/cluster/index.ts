/**
 * Beyond one machine: scores, gradients and sweeps over a server of the Redis protocol.
 *
 * @module unequal/cluster
 */

export { clean } from './clean.ts';
export { type DistributedImportanceOptions, distributedImportance } from './distributed-importance.ts';
export type { LocalWorkers } from './local-workers.ts';
export { type DataParallelOptions, dataParallel, type MemberReport } from './parallel/data-parallel.ts';
export type { OuterOptions } from './parallel/outer.ts';
export { type RangeReport, type ScoringWorkerOptions, scoringWorker, type WorkerModel } from './scoring-worker.ts';
export { type LocalServer, type LocalServerOptions, startServer } from './server.ts';
