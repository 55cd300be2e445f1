import type { LabelledImages } from '../data/images.ts';
import { placeOf, type Shown } from '../data/labelled.ts';
import { fault } from '../errors.ts';
import type { CurvePoint } from '../fit/curve.ts';
import type { StepReport } from '../fit/report.ts';
import { imageEvent } from '../report/images.ts';
import type { PointEvent, ResultEvent, RunEvent, StepEvent } from '../report/record.ts';

/** Events of steps are this far apart at first, and this share of the run so far later: an hour has about 1,500. */
const leastInterval = 0.1;
const intervalShare = 0.004;
/** How many of the most picked samples are recorded. */
const mostPicked = 12;

/** What is kept of a step until the next event of steps. */
interface Told {
  readonly loss: number;
  readonly ess: number | null;
  readonly importance: boolean;
}

const told = [
  ...(['seconds', 'step', 'epoch', 'batch', 'tau', 'threshold', 'learningRate', 'forward', 'backward'] as const),
  ...(['gain', 'worth', 'cost', 'against', 'noiseShare', 'done'] as const),
];

/** What events say of the last step. */
type Latest = Pick<StepReport, (typeof told)[number]>;

function latestOf(report: Latest): Latest {
  return Object.fromEntries(told.map((name) => [name, report[name]])) as unknown as Latest;
}

/** Turns the steps and points of one method into the events of a run folder. */
export class Recorder {
  /** How often each sample was trained on. */
  readonly picked: Uint32Array;
  steps = 0;
  importanceSteps = 0;
  private group: Told[] = [];
  private due = 0;
  private latest: Latest | undefined;
  private scores: ArrayLike<number> | undefined;

  /**
   * @param samples those trained on: events call each by its place in the data.
   * @param pictured samples whose most picked are recorded as images; they must not be of another order than those
   *   trained on.
   */
  constructor(
    private readonly method: string,
    private readonly samples: Shown & { readonly length: number },
    private readonly pictured: Pictures | undefined,
    private readonly append: (event: RunEvent) => void,
  ) {
    this.picked = new Uint32Array(samples.length);
  }

  /** The last step, once there has been one. */
  get last(): Latest | undefined {
    return this.latest;
  }

  /** All that later events depend on. */
  state(): RecorderState {
    const { picked, steps, importanceSteps, group, due, latest = null, scores } = this;
    return { picked, steps, importanceSteps, group, due, latest, scores: scores ? Float64Array.from(scores) : null };
  }

  /** @throws UnequalError if it is no such state. */
  restore(state: RecorderState): void {
    checkRecorderState(state, this.picked.length);
    this.picked.set(state.picked);
    this.steps = state.steps;
    this.importanceSteps = state.importanceSteps;
    this.group = [...state.group];
    this.due = state.due;
    this.latest = state.latest === null ? undefined : latestOf(state.latest);
    this.scores = state.scores ?? undefined;
  }

  step(report: StepReport): void {
    const { step, seconds, switched } = report;
    for (const index of report.indices) this.picked[index]++;
    this.steps++;
    if (report.phase === 'importance') this.importanceSteps++;
    if (switched) this.append({ type: 'switch', method: this.method, seconds, step, ...switched });
    if (report.scores) this.scores = report.scores;
    this.latest = latestOf(report);
    const { loss, ess } = report;
    this.group.push({ loss, ess: ess ?? null, importance: report.phase === 'importance' });
    if (seconds >= this.due) this.flush();
  }

  private flush(): void {
    const { group, latest } = this;
    if (latest === undefined || group.length === 0) return;
    const { seconds, step, epoch, tau, threshold, learningRate, forward, backward } = latest;
    const { gain, worth, cost, against, noiseShare } = latest;
    const event: StepEvent = {
      type: 'step',
      method: this.method,
      seconds,
      step,
      epoch,
      loss: mean(group.map(({ loss }) => loss)) as number,
      importance: mean(group.map(({ importance }) => (importance ? 1 : 0))) as number,
      ess: mean(group.flatMap(({ ess }) => (ess === null ? [] : [ess]))),
      tau,
      threshold,
      gain,
      worth,
      cost,
      against,
      noiseShare,
      learningRate,
      forward,
      backward,
    };
    this.append(event);
    this.group = [];
    this.due = seconds + Math.max(leastInterval, intervalShare * seconds);
  }

  /** The model was evaluated: a good moment for everything that is large. */
  async point(point: Omit<CurvePoint, 'trainLoss'> & { readonly trainLoss?: number }): Promise<void> {
    const { method } = this;
    const { seconds, step } = point;
    this.flush();
    this.append({ ...point, type: 'point', method } satisfies PointEvent);
    if (this.scores) this.append({ type: 'scores', method, seconds, step, scores: Array.from(this.scores) });
    if (this.steps === 0) return;
    const picked = topOf(this.picked, mostPicked);
    const placed = picked.map(({ index, times }) => ({ index: placeOf(this.samples, index), times }));
    this.append({ type: 'picked', method, seconds, step, picked: placed });
    // Only importance sampling has favourites.
    if (this.importanceSteps === 0) return;
    for (const { index } of picked) await this.pictured?.record(index, this.append);
  }

  /** The method has ended: by itself, or as `failed` says. */
  result(
    seconds: number,
    { failed, explanation, samples }: Pick<ResultEvent, 'failed' | 'explanation' | 'samples'> = {},
  ): void {
    this.flush();
    this.append({
      type: 'result',
      method: this.method,
      seconds,
      step: this.latest === undefined ? 0 : this.latest.step + 1,
      importanceShare: this.steps === 0 ? 0 : this.importanceSteps / this.steps,
      forward: this.latest?.forward ?? 0,
      backward: this.latest?.backward ?? 0,
      explanation,
      samples,
      failed,
    });
  }
}

export type RecorderState = {
  readonly picked: Uint32Array;
  readonly steps: number;
  readonly importanceSteps: number;
  readonly group: readonly Told[];
  readonly due: number;
  readonly latest: Latest | null;
  /** The last that were told; checkpoints of before have none. */
  readonly scores?: Float64Array | null;
};

function checkRecorderState(state: RecorderState, length: number): void {
  const { picked, steps, importanceSteps, group, due, latest, scores = null } = state ?? {};
  const isNumber = (value: unknown) => typeof value === 'number';
  const right =
    picked instanceof Uint32Array &&
    picked.length === length &&
    [steps, importanceSteps, due].every(isNumber) &&
    (scores === null || scores instanceof Float64Array) &&
    Array.isArray(group) &&
    group.every((one) => isNumber(one?.loss) && (one.ess === null || isNumber(one.ess))) &&
    (latest === null ||
      (typeof latest === 'object' &&
        [latest.seconds, latest.step, latest.epoch, latest.batch].every(isNumber) &&
        told.every(
          (name) => latest[name] === undefined || typeof latest[name] === (name === 'against' ? 'string' : 'number'),
        )));
  if (!right) throw fault({ wrong: 'what was recorded of the run is damaged', expected: `${length} samples` });
}

/** The images of a run, each recorded once. */
export class Pictures {
  private readonly known = new Set<number>();

  constructor(private readonly samples: LabelledImages) {}

  async record(index: number, append: (event: RunEvent) => void): Promise<void> {
    if (this.known.has(index)) return;
    this.known.add(index);
    append(await imageEvent(this.samples, index));
  }
}

/** The `count` largest with their places, the largest first, in one pass. */
export function topOf(times: Uint32Array, count: number): { index: number; times: number }[] {
  const top: { index: number; times: number }[] = [];
  for (let index = 0; index < times.length; index++) {
    const least = top.length < count ? 0 : top[top.length - 1].times;
    if (times[index] <= least) continue;
    if (top.length === count) top.pop();
    const place = top.findIndex((other) => other.times < times[index]);
    top.splice(place < 0 ? top.length : place, 0, { index, times: times[index] });
  }
  return top;
}

function mean(values: readonly number[]): number | undefined {
  return values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0) / values.length;
}
