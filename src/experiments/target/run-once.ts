import { irreducibleLosses } from '../../fit/irreducible-losses.ts';
import type { Method } from '../../methods/method.ts';
import { methodEntry } from '../../methods/registry.ts';
import { type WrittenValue, writtenOptions, writtenValue } from '../../methods/written-options.ts';
import type { WorkloadCosts } from './costs.ts';
import { type Measured, measured } from './measured.ts';
import { processorSeconds, wallSeconds } from './seconds.ts';
import { Training } from './training.ts';
import type { Workload, WorkloadData } from './workload.ts';

/** One training: what is written down of it identifies it. */
export interface RunRequest {
  readonly workload: string;
  /** A method's name, with its options after slashes: `importance/presample=2`, `importance/rule.draw=0.1`. */
  readonly method: string;
  /** Times the workload's learning rate. */
  readonly factor: number;
  /** Share of T. */
  readonly budget: number;
  readonly seconds: number;
  readonly seed: number;
}

export interface CurvePoint extends Measured {
  readonly seconds: number;
  readonly step: number;
}

/** What a run leaves, a line of JSON. */
export interface RunRecord extends RunRequest {
  readonly clock: ClockKind;
  readonly steps: number;
  /** Steps by importance, of any method that picks. */
  readonly picked: number;
  readonly forward: number;
  readonly backward: number;
  /** Seconds that passed on the machine, without evaluation. */
  readonly machineSeconds: number;
  /** Of the validation samples, the last point being the end. */
  readonly curve: readonly CurvePoint[];
  readonly test?: Measured;
  /** Why it ended early. */
  readonly failed?: string;
}

/** What seconds are: the machine's, those that processors worked for the process, or counted from what was done. */
export type ClockKind = 'wall' | 'cpu' | 'counted';

export interface RunTime {
  readonly clock: ClockKind;
  /** For counted seconds. */
  readonly costs?: WorkloadCosts;
}

/** Parts of a budget after each of which the curve gets a point. */
const points = 4;

/** Trains once and measures. Gives nothing where it was stopped. */
export async function runOnce(
  workload: Workload,
  data: WorkloadData,
  request: RunRequest,
  { clock: kind, costs }: RunTime,
  signal: AbortSignal,
): Promise<RunRecord | undefined> {
  const from = performance.now();
  const now = kind === 'cpu' ? processorSeconds : wallSeconds;
  const { method, spent } = await methodOf(request, workload, data, costs, now, signal);
  const rate = workload.rate * request.factor;
  const training = await Training.start(workload, data, { ...request, method, rate, costs, now, spent });
  const { learner, clock, trainer } = training;
  const [validation, test] = [await training.readerOf(data.validation), await training.readerOf(data.test)];
  const curve: CurvePoint[] = [];
  let [picked, away] = [0, 0];
  let failed: string | undefined;
  const look = async () => {
    const started = performance.now();
    curve.push({
      seconds: clock.seconds,
      step: trainer.step,
      ...(await measured(learner, validation, workload.measure)),
    });
    away += performance.now() - started;
  };
  try {
    try {
      while (!training.isOver && !signal.aborted) {
        const report = await training.step();
        if (report?.phase === 'importance') picked++;
        if (!training.isOver && clock.seconds >= ((curve.length + 1) / points) * request.seconds) await look();
        await new Promise((resolve) => setImmediate(resolve));
      }
    } catch (error) {
      // One that diverges is a result.
      failed = (error as Error).message;
    }
    if (signal.aborted) return undefined;
    const machineSeconds = (performance.now() - from - away) / 1000;
    await look();
    return {
      ...request,
      clock: kind,
      steps: trainer.step,
      picked,
      forward: learner.counters.forward,
      backward: learner.counters.backward,
      machineSeconds,
      curve,
      test: failed === undefined ? await measured(learner, test, workload.measure) : undefined,
      failed,
    };
  } finally {
    await training.dispose();
  }
}

interface Prepared {
  readonly method: Method;
  /** Seconds that making it took. */
  readonly spent: number;
}

async function methodOf(
  { method: spec, seed }: RunRequest,
  workload: Workload,
  data: WorkloadData,
  costs: WorkloadCosts | undefined,
  now: () => number,
  signal: AbortSignal,
): Promise<Prepared> {
  const [name, ...words] = spec.split('/');
  const options = writtenOptions(words.map(pairOf));
  const { make } = methodEntry(name);
  if (name !== 'rhoLoss') return { method: make(words.length > 0 ? options : undefined), spent: 0 };
  // What the method needs beforehand is on its clock: an epoch of models on either half, and a pass over all samples.
  const from = now();
  const samples = data.train(seed);
  const { batchSize } = workload;
  const irreducible = await irreducibleLosses(() => workload.makeModel(workload.rate, seed), samples, {
    ...{ batchSize, epochs: 1, seed, signal },
  });
  const { step, score } = costs?.work ?? {};
  const counted = (cost: typeof step) => ((cost?.fixed ?? 0) / batchSize + (cost?.each ?? 0)) * samples.length;
  const spent = costs ? counted(step) + counted(score) : now() - from;
  return { method: make({ ...options, irreducible }), spent };
}

/** `presample=2`, or `rule.memorised=0.25` for what is inside of another option. */
function pairOf(word: string): readonly [string, WrittenValue] {
  const [path, text = ''] = word.split('=');
  return [path, writtenValue(text)];
}
