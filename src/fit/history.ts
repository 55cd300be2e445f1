import * as tf from '@tensorflow/tfjs';
import { loadPart } from '../load-part.ts';
import type { Standing, Switched } from '../methods/method.ts';
import { checkedOptions, trueOrFalse } from '../options.ts';
import { Balance, type BalanceState } from './balance.ts';
import type { CappedSample } from './capped.ts';
import type { CourseRecord } from './course.ts';
import { explain } from './explain.ts';
import type { SampleHistory } from './sample-history.ts';

/** How things are called in a report. */
export interface ReportNames {
  /** Default the model's name. */
  readonly title?: string;
  /** What a class is called. */
  readonly className?: (label: number) => string;
}

/** What was trained, and how. */
export interface RunSetup {
  readonly method: string;
  readonly options: { readonly [option: string]: unknown };
  readonly engine: string;
  /** Absent where nothing was drawn by it: samples were taken in their order, or in that of `model.fit`. */
  readonly seed?: number;
  readonly epochs?: number;
  readonly seconds?: number;
  readonly batchSize: number;
  /** Its class, and what is around it. */
  readonly optimizer: string;
  /** Before the first step: schedules and callbacks may have changed it later. */
  readonly learningRate: number;
  /** How the schedule was given, if there was one. */
  readonly schedule?: string;
  readonly loss: string;
  /** Whether samples or classes had weights. */
  readonly weighted?: boolean;
  readonly model: { readonly name: string; readonly parameters: number };
  /** Samples; not known of a stream. */
  readonly samples?: number;
  readonly validation?: number;
  /** What the accuracy is a share of where that is not samples, and how many of them a sample has, if that is known. */
  readonly answers?: { readonly kind: string; readonly each?: number };
  /** ISO 8601. */
  readonly started: string;
}

/** Where importance sampling was switched on or off, and why. */
export interface SwitchRecord extends Switched {
  readonly step: number;
  readonly epoch: number;
  readonly seconds: number;
}

/**
 * The `History` of TensorFlow.js, with what the method did beside the logs of the epochs.
 *
 * @example
 * ```ts
 * const history: History = await fit(model, x, y, { epochs: 10 });
 * for (const { step, on, why } of history.switches) console.log(step, on, why);
 * ```
 */
export class History extends tf.History {
  switches: SwitchRecord[] = [];
  /** Steps and seconds of either kind, and what was gained. */
  balance: BalanceState = new Balance().state();
  /** Where the method stood at the end. */
  standing: Standing | undefined;
  /** How often the scores of a sample were capped as a likely wrong label, most often first; at most 100. */
  capped: readonly CappedSample[] = [];
  /** What was trained, and how. */
  setup: RunSetup | undefined;
  /** A point an epoch, and a few hundred moments of the run. */
  course: CourseRecord | undefined;
  /** What became of each sample; absent after `fitDataset`: the samples of a stream have no index. */
  samples: SampleHistory | undefined;
  /** The epoch, from 0, whose weights `restoreBestWeights` of `earlyStopping` put back at the end. */
  restored?: number;
  /** What `explain` calls a sample, where the samples say so (`Samples.place`). */
  place?: (index: number) => number;

  /**
   * The run as one HTML page, complete in itself, as `unequal report` makes it: the validation curve first, then what the
   * method did and why, and the samples worth a look. `writeReport` of `unequal/report` writes it, and takes several runs.
   *
   * @example document.body.append(Object.assign(document.createElement('iframe'), { srcdoc: await history.report() }));
   * @throws UnequalError if nothing has been trained.
   */
  async report(options: ReportNames = {}): Promise<string> {
    // Loaded when it is asked for: nobody who only trains carries what draws.
    const { historyReport } = await loadPart(() => import('../report/history-report.ts'));
    return historyReport(this, options);
  }

  /**
   * What the method did and what became of validation, in two sentences.
   * @param options `detail: true` for all that was measured, a line for each thing.
   */
  explain(options: { readonly detail?: boolean } = {}): string {
    const { detail = false } = checkedOptions('explain', options, { detail: trueOrFalse });
    const validation = (this.history as { [name: string]: number[] }).val_loss;
    const lines = explain({ ...this, validation, epochs: this.epoch });
    return (detail ? lines : lines.slice(0, validation?.length ? 2 : 1)).join('\n');
  }
}

/** The {@link History} of `fit`, whose samples have indices. */
export interface SampledHistory extends History {
  samples: SampleHistory;
}
