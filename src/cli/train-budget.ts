import type { StepReport } from '../fit/report.ts';
import type { TrainArguments } from './train-arguments.ts';

/** How long a run lasts: epochs, seconds, or both, whichever ends first. */
export class TrainBudget {
  private readonly epochs: number;
  private readonly seconds: number | undefined;
  private readonly stepsPerEpoch: number;

  /** @param samples that are trained on. */
  constructor(
    { epochs, seconds, batchSize }: TrainArguments,
    private readonly samples: number,
  ) {
    this.epochs = epochs ?? (seconds === undefined ? 1 : Infinity);
    this.seconds = seconds;
    this.stepsPerEpoch = Math.ceil(samples / batchSize);
  }

  /** Epochs trained after a step. Of several processes, how many steps an epoch has depends on who is there. */
  trained({ epoch, batch, done }: Pick<StepReport, 'epoch' | 'batch' | 'done'>): number {
    return epoch + (done === undefined ? (batch + 1) / this.stepsPerEpoch : done / this.samples);
  }

  /** Share of the budget used after a step, 0 to 1. */
  share(report: StepReport): number {
    const { epochs, seconds } = this;
    const byTime = seconds === undefined ? 0 : report.seconds / seconds;
    return Math.min(1, Math.max(this.trained(report) / epochs, byTime));
  }

  isUsed(epochs: number, seconds: number): boolean {
    return epochs >= this.epochs || (this.seconds !== undefined && seconds >= this.seconds);
  }

  toString(): string {
    const { epochs, seconds } = this;
    return [
      ...(epochs === Infinity ? [] : [`${epochs} epoch${epochs === 1 ? '' : 's'}`]),
      ...(seconds === undefined ? [] : [`${seconds} s`]),
    ].join(' or ');
  }
}
