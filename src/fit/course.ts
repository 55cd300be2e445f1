import { fault } from '../errors.ts';
import type { State } from '../methods/method.ts';
import type { CurvePoint, TracePoint } from './curve.ts';
import type { StepReport } from './report.ts';
import { checkCount, isObject } from './same-shape.ts';
import { Thinned } from './thinned.ts';

/** Moments kept of a run, at most twice this many while it lasts. */
const moments = 300;

/** How a run went: a point an epoch, whose `trainLoss` is the mean over its steps while the model learned, and a few hundred moments of what the sampler said. */
export interface CourseRecord {
  readonly points: readonly CurvePoint[];
  readonly trace: readonly TracePoint[];
  readonly scores?: readonly number[];
  readonly steps: number;
  readonly importanceSteps: number;
  readonly forward: number;
  readonly backward: number;
  readonly seconds: number;
}

/** Scores of a presample that are kept: as many as the drawing of their distribution needs. */
const mostScores = 4096;

/** Watches the steps and epochs of a run. */
export class Course {
  private points: CurvePoint[] = [];
  private readonly trace = new Thinned<TracePoint>(moments);
  private scores: Float64Array | undefined;
  counts = { steps: 0, importanceSteps: 0, forward: 0, backward: 0, seconds: 0, samples: 0 };

  step(report: StepReport): void {
    const { counts } = this;
    counts.steps++;
    if (report.phase === 'importance') counts.importanceSteps++;
    Object.assign(counts, { forward: report.forward, backward: report.backward, seconds: report.seconds });
    counts.samples += report.size;
    if (report.scores) this.scores = Float64Array.from(Array.from(report.scores).slice(0, mostScores));
    this.trace.add(traceOf(report));
  }

  /**
   * @param logs what callbacks are told of the epoch; the error of a validation is known where accuracy is.
   * @param seconds of training so far: more than at the last step, where time ran out in what the next one needs beforehand.
   */
  epoch(logs: Readonly<Record<string, number>>, length: number | undefined, epochs: number, seconds?: number): void {
    if (seconds !== undefined) this.counts.seconds = seconds;
    const { steps, samples } = this.counts;
    const accuracy = logs.val_acc ?? logs.val_accuracy;
    this.points.push({
      seconds: this.counts.seconds,
      step: steps,
      epoch: length === undefined ? epochs : samples / length,
      trainLoss: logs.loss ?? Number.NaN,
      ...(logs.val_loss !== undefined && { testLoss: logs.val_loss }),
      ...(accuracy !== undefined && { testError: 1 - accuracy }),
    });
  }

  record(): CourseRecord {
    const { points, scores } = this;
    return { ...this.counts, points, trace: this.trace.values, scores: scores && Array.from(scores) };
  }

  state(): State {
    const { points, counts, scores = null } = this;
    return {
      points: points.map((point) => ({ ...point })),
      counts: { ...counts },
      scores,
      trace: this.trace.state(),
    } as unknown as State;
  }

  /** @throws UnequalError if it is none. */
  restore(state: State): void {
    const { points, counts, scores, trace } = checkedCourse(state);
    this.points = [...points];
    this.counts = { ...counts };
    this.scores = scores ?? undefined;
    this.trace.restore(trace);
  }
}

function traceOf(report: StepReport): TracePoint {
  const { seconds, step, loss, learningRate, phase, tau, threshold, ess, gain, worth, cost, against, noiseShare } =
    report;
  const told = { tau, threshold, ess, gain, worth, cost, against, noiseShare, resistance: report.resistance };
  const known = Object.entries({ ...told, weightPower: report.weightPower }).filter(([, value]) => value !== undefined);
  return { seconds, step, loss, learningRate, phase, ...Object.fromEntries(known) };
}

interface CourseState {
  readonly points: readonly CurvePoint[];
  readonly counts: Course['counts'];
  readonly scores: Float64Array | null;
  readonly trace: { readonly values: readonly TracePoint[]; readonly every: number; readonly count: number };
}

function checkedCourse(state: State): CourseState {
  const wrong = (part: string) => fault({ wrong: `a wrong ${part} of the course` });
  const numbers = (one: unknown, words: readonly string[] = []): boolean =>
    isObject(one) && Object.entries(one).every(([name, value]) => typeof value === 'number' || words.includes(name));
  if (!isObject(state)) throw wrong('state');
  const { points, counts, scores, trace } = state;
  if (!Array.isArray(points) || !points.every((point) => numbers(point))) throw wrong('list of points');
  if (!isObject(counts)) throw wrong('list of counts');
  for (const name of ['steps', 'importanceSteps', 'forward', 'backward', 'samples'])
    checkCount(counts[name], `counts.${name}`);
  if (typeof counts.seconds !== 'number') throw wrong('time');
  if (scores !== null && !((scores as unknown) instanceof Float64Array)) throw wrong('list of scores');
  if (!isObject(trace) || !Array.isArray(trace.values)) throw wrong('trace');
  const isMoment = (one: unknown) => {
    if (!numbers(one, ['phase', 'against'])) return false;
    const { phase, against = '' } = one as { phase?: unknown; against?: unknown };
    return typeof phase === 'string' && typeof against === 'string';
  };
  if (!trace.values.every(isMoment) || trace.values.length >= 2 * moments) throw wrong('trace');
  checkCount(trace.every, 'trace.every');
  checkCount(trace.count, 'trace.count');
  return state as unknown as CourseState;
}
