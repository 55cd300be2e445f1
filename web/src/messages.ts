import type { StepReport } from '../../src/index.ts';
import type { NetworkSource } from './body.ts';
import type { Edits } from './edits.ts';
import type { TaskName } from './task-names.ts';
import type { Made } from './tasks.ts';

export const methods = [
  ...(['importance', 'fresh scores', 'paper2018', 'lossSampling', 'storedScores', 'approximate'] as const),
  ...(['onlineBatchSelection', 'prioritized', 'selectiveBackprop', 'infoBatch', 'svrg', 'uniform'] as const),
] as const;
export type MethodName = (typeof methods)[number];

/** How often each side of a race is validated. */
export const pointsPerRace = 60;

/** What a runner is told. */
export type Order =
  | {
      readonly type: 'start';
      readonly task: TaskName;
      /** The samples, where they are the visitor's own. */
      readonly own?: Made;
      readonly method: MethodName;
      readonly noise: number;
      readonly imbalance: number;
      readonly seed: number;
      readonly trained: boolean;
      readonly seconds: number;
      /** Changes of samples before the first step. */
      readonly edits: Edits;
    }
  /** Milliseconds to wait after each step; infinite: paused. */
  | { readonly type: 'pace'; readonly wait: number }
  | { readonly type: 'step' }
  /** Another label; null removes the sample. */
  | { readonly type: 'edit'; readonly index: number; readonly label: number | null }
  /** Loads a trained network, which makes features of pictures; such a runner trains nothing. */
  | { readonly type: 'network'; readonly source: NetworkSource }
  | { readonly type: 'features'; readonly pictures: readonly ImageData[] };

export interface Point {
  readonly seconds: number;
  readonly error: number;
}

/** One time that a sample was picked. */
export interface Visit {
  readonly step: number;
  readonly loss: number;
}

/** The last batch that a runner has trained on. */
export interface BatchSeen {
  readonly step: number;
  readonly seconds: number;
  readonly on: boolean;
  readonly tau?: number;
  /** Share of what would be drawn that does not get better by training. */
  readonly resisted?: number;
  /** What keeps the method off, where it decides by measuring. */
  readonly against?: StepReport['against'];
  readonly indices: readonly number[];
  readonly losses: readonly number[];
  /** The last visits of each. */
  readonly visits: readonly (readonly Visit[])[];
}

/** What a runner tells. */
export type Told =
  | { readonly type: 'ready' }
  | { readonly type: 'point'; readonly point: Point }
  | { readonly type: 'batch'; readonly batch: BatchSeen; readonly picks: Uint32Array; readonly scores: Float32Array }
  | { readonly type: 'switch'; readonly on: boolean; readonly why: string; readonly seconds: number }
  | { readonly type: 'regions'; readonly classes: Uint8Array }
  | { readonly type: 'end'; readonly lines: readonly string[] }
  | { readonly type: 'loaded' }
  | { readonly type: 'features'; readonly rows: readonly Float32Array[] }
  | { readonly type: 'failed'; readonly message: string };
