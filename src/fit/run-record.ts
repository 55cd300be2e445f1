import { CallbackStates } from './callback-states.ts';
import { EpochLogger, type Logs } from './callbacks.ts';
import { Capped } from './capped.ts';
import { Course } from './course.ts';
import { History } from './history.ts';
import type { StepReport } from './report.ts';
import { SampleHistory } from './sample-history.ts';
import { SampleMemory } from './sample-memory.ts';
import type { SavedRun, Told } from './saved-run.ts';

type Recorded = Pick<SavedRun, 'logger' | 'told' | 'final' | 'switches' | 'capped' | 'samples' | 'course'>;

/**
 * What is remembered of a run: the logs that callbacks were told, and what the `History` has beside them.
 *
 * A run can end within an epoch. What is told at that end is void where the run is gone on with, so that a checkpoint has
 * both: what was told at the end, and how all was before it.
 */
export class RunRecord {
  readonly history = new History();
  private readonly states: CallbackStates;
  private readonly capped = new Capped();
  private readonly course = new Course();
  /** Samples of a stream have no index to be known by. */
  private readonly samples: SampleMemory | undefined;
  private logger = new EpochLogger();
  /** What was told at an end within an epoch, and how all was before it. */
  private final: Told | null = null;
  private before: Pick<Recorded, 'told' | 'course'> | undefined;

  constructor(
    callbacks: readonly object[],
    private readonly length: number | undefined,
  ) {
    this.states = new CallbackStates(callbacks);
    this.samples = length === undefined ? undefined : new SampleMemory(length);
  }

  /** Whether the run has ended within an epoch and has not gone on. */
  get hasEnded(): boolean {
    return this.final !== null;
  }

  /** Whether early stopping has ended the run: then there is nothing to go on with. */
  get stoppedEarly(): boolean {
    return this.states.stopped;
  }

  /** @returns what callbacks are told of the step. */
  step(report: StepReport): Logs {
    const logs: Logs = { loss: report.loss, ...report.metrics };
    this.logger.add(report.size, logs, report.standsFor);
    if (report.switched) {
      const { step, epoch, seconds, switched } = report;
      this.history.switches.push({ step, epoch, seconds, ...switched });
    }
    this.capped.add(report.capped);
    this.course.step(report);
    this.samples?.add(report.indices, report.losses, report.answers, report.unweighted);
    return logs;
  }

  /** @returns what callbacks are told of the epoch: what its validation found, if anything, and the means of its steps. */
  epoch(epoch: number, validated: Logs | undefined, seconds: number): Logs {
    const logs = { ...validated, ...this.logger.means() };
    this.course.epoch(logs, this.length, epoch + 1, seconds);
    return logs;
  }

  nextEpoch(): void {
    this.logger = new EpochLogger();
  }

  /** Whatever was told at an end, the run goes on. */
  goOn(): void {
    this.final = null;
  }

  /** Keeps how all is before an end within the epoch is told. */
  beforeEnd(): void {
    this.before = { told: this.told(), course: this.course.state() };
  }

  /** Keeps what was told at the end. */
  end(): void {
    this.final = this.told();
  }

  /** Of a run that had ended already and has nothing to go on with: tells what it ended with. */
  async endAgain(epoch: number): Promise<void> {
    if (this.final === null) return;
    await this.setTold(this.final);
    const last = Object.entries(this.final.history.history).map(([name, values]) => [name, values[values.length - 1]]);
    this.course.epoch(Object.fromEntries(last), this.length, epoch + 1);
  }

  /** The history with all that is known only now. */
  finish(rest: Pick<History, 'balance' | 'standing' | 'setup'>): void {
    const samples = this.samples && new SampleHistory(this.samples);
    const { restored } = this.states;
    Object.assign(this.history, {
      ...rest,
      capped: this.capped.list(),
      course: this.course.record(),
      samples,
      restored,
    });
  }

  state(): Recorded {
    const { told, course } = this.final ? this.before! : { told: this.told(), course: this.course.state() };
    return {
      logger: this.logger.state(),
      told,
      final: this.final,
      switches: this.history.switches,
      capped: this.capped.state(),
      samples: this.samples?.state() ?? null,
      course,
    };
  }

  /** Takes back the part that can be wrong, before anything else has changed. @throws UnequalError if it is. */
  restoreMeasured({ samples, course }: Recorded): void {
    if (samples) this.samples?.restore(samples);
    this.course.restore(course);
  }

  /** Takes back the rest. */
  async restoreTold({ logger, switches, capped, told, final, course }: Recorded): Promise<void> {
    this.logger.restore(logger);
    this.history.switches = switches;
    this.capped.restore(capped);
    await this.setTold(told);
    this.before = { told, course };
    this.final = final;
  }

  private told(): Told {
    const { epoch, history } = this.history;
    return { history: { epoch: [...epoch], history: copied(history) }, callbacks: this.states.state() };
  }

  private async setTold({ history: { epoch, history }, callbacks }: Told): Promise<void> {
    this.history.epoch = [...epoch];
    this.history.history = copied(history);
    await this.states.restore(callbacks);
  }
}

type Values = Told['history']['history'];

function copied(history: object): Values {
  return Object.fromEntries(Object.entries(history as Values).map(([name, values]) => [name, [...values]]));
}
