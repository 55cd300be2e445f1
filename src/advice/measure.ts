import type * as tf from '@tensorflow/tfjs';
import { fault } from '../errors.ts';
import { reliable } from '../fit/clock.ts';
import type { Provider } from '../fit/provider.ts';
import type { ModelBatch } from '../learner/batch.ts';
import type { Learner } from '../learner/learner.ts';
import { type ImportanceOptions, importance } from '../methods/importance/importance.ts';
import { storedRatio } from '../methods/importance/importance-options.ts';
import { uniform } from '../methods/uniform.ts';
import { Random } from '../sampling/random.ts';
import type { ResamplerName } from '../sampling/resamplers.ts';
import type { Advice, Measured } from './advice.ts';
import { codeOf, reasons } from './advice-words.ts';
import type { AdviseArgs } from './advise.ts';
import { candidateOf } from './candidate.ts';
import { Contender } from './contender.ts';
import { mostJudges } from './held-back.ts';
import { type Outlook, outlook } from './outlook.ts';
import { judge } from './verdict.ts';
import { warmUp } from './warm-up.ts';

interface MeasureOptions extends AdviseArgs {
  readonly model: tf.LayersModel;
  readonly learner: Learner;
  readonly train: Provider;
  /** What is judged by, and whether it was taken from the samples to train on. */
  readonly validation: Provider;
  readonly heldBack: boolean;
  readonly batchSize: number;
  readonly metricNames: readonly string[];
  readonly score: 'upper-bound' | 'loss';
  readonly byLoss?: string;
}

/** Share of the time that compiling ahead may take, and that evaluation may. */
const warmUpShare = 0.15;
const evaluationShare = 0.15;
/** Slices of each candidate's time, and after how many of them all are evaluated. */
const slices = 24;
const every = 2;
/** Samples whose scores are looked at at most. */
const most = 2000;
const evaluationBatch = 500;
/** Gradients from which the noise of a step is told, and the share of the time they may take. */
const gradients = 10;
const gradientShare = 0.03;

const tried: { readonly [name: string]: ImportanceOptions | undefined } = {
  uniform: undefined,
  importance: {},
  'importance, fresh': { scores: 'fresh', weightPower: 1, costs: 'measured' },
};

export const candidateNames: readonly string[] = Object.keys(tried);

/** Compares the methods; see `advise`. Leaves the model wherever training has taken it. */
export async function measure(options: MeasureOptions): Promise<Advice> {
  const {
    model,
    learner,
    train,
    heldBack,
    batchSize,
    metricNames,
    score,
    seed = 1,
    signal,
    onStep,
    seconds: planned = 60,
  } = options;
  const now = reliable(options.now);
  const started = now();
  const base = await learner.state();
  const step = await warmUp(learner, {
    ...{ train, batchSize, score, metricNames, now, signal },
    until: started + warmUpShare * planned,
  });
  await learner.restore(base);
  const part = await evaluationPart(options, now, planned);
  const look = await onlooker(options, Math.floor((gradientShare * planned) / step), now);
  const before = signal?.aborted ? undefined : await look();

  const left = Math.max(planned / 2, planned - (now() - started));
  const seconds = (left * (1 - evaluationShare)) / candidateNames.length;
  const optionsOf = (name: string) => tried[name] && { ...tried[name], ...(score === 'loss' && { score }) };
  const contenders = candidateNames.map((name) => {
    const given = optionsOf(name);
    const method = given ? importance(given) : uniform();
    const tell = (report: Parameters<NonNullable<typeof onStep>>[1]) =>
      onStep?.(name, report, Math.min(1, report.seconds / seconds));
    const how = { name, method, model, learner, train, hears: !heldBack, batchSize, seed, metricNames, seconds, now };
    return new Contender({ ...how, onStep: tell }, base);
  });
  await takeTurns(contenders, seconds, part, options);

  const [first] = contenders;
  const after = first.steps === 0 || first.failed ? undefined : await first.turn(look);
  if (first.failed !== undefined) {
    throw fault({ wrong: 'uniform training fails', got: first.failed, mend: 'nothing can be compared with it' });
  }
  return advice({
    ...{ samples: train.length, heldBack, batchSize, planned, before, after, byLoss: options.byLoss },
    ...{ judges: part.reduce((sum, { size }) => sum + size, 0), falling: first.falling },
    candidates: contenders.map((one) => candidateOf(one, first, optionsOf(one.name))),
    stopped: signal?.aborted === true,
    seconds: now() - started,
  });
}

/** Slices of training in turn, in a new order each round, and evaluations of all. */
async function takeTurns(
  contenders: readonly Contender[],
  seconds: number,
  part: readonly ModelBatch[],
  { seed = 1, signal }: MeasureOptions,
): Promise<void> {
  const order = new Random(seed).fork('slices');
  for (let slice = 1; slice <= slices && !signal?.aborted && contenders[0].failed === undefined; slice++) {
    for (const k of order.permutation(contenders.length)) {
      const one = contenders[k];
      if (one.failed !== undefined) continue;
      await one.turn(async () => {
        await one.train((seconds * slice) / slices, signal);
        if (slice % every === 0 && !signal?.aborted && one.failed === undefined) await one.evaluate(part);
      });
      // Steps may block without a pause; signals, timers and the page need one.
      await new Promise((resolve) => setTimeout(resolve));
    }
  }
}

/** As many samples as can be evaluated at all the moments in the time there is for that; some hundred at least. */
async function evaluationPart(
  { learner, validation, seed = 1 }: MeasureOptions,
  now: () => number,
  planned: number,
): Promise<ModelBatch[]> {
  const size = Math.min(evaluationBatch, validation.length);
  const order = new Random(seed).fork('part').permutation(validation.length);
  const at = (k: number) => validation.batch(order.slice(k * size, (k + 1) * size));
  const first = await at(0);
  await learner.evaluate(first);
  const start = now();
  await learner.evaluate(first);
  const passes = (slices / every) * candidateNames.length;
  const affordable = Math.floor((evaluationShare * planned) / (passes * Math.max(1e-9, now() - start)));
  const count = Math.max(1, Math.min(affordable, Math.floor(Math.min(mostJudges, validation.length) / size)));
  const others = await Promise.all(Array.from({ length: count - 1 }, (_, k) => at(k + 1)));
  return [first, ...others];
}

/** Looks at scores and gradients of always the same samples. */
async function onlooker(
  { learner, train, batchSize, score, seed = 1 }: MeasureOptions,
  affordable: number,
  now: () => number,
): Promise<() => Promise<Outlook>> {
  const order = new Random(seed).fork('outlook').permutation(train.length);
  const chunks = (size: number, count: number) =>
    Promise.all(
      Array.from({ length: Math.max(1, Math.min(count, Math.floor(train.length / size))) }, (_, k) =>
        train.batch(order.slice(k * size, (k + 1) * size)),
      ),
    );
  const B = Math.min(storedRatio * batchSize, train.length);
  const presamples = await chunks(B, Math.ceil(most / B));
  const batches = await chunks(batchSize, Math.max(2, Math.min(gradients, affordable || 0)));
  const { mixture, resample } = importance().options as { mixture: number; resample: ResamplerName };
  return () => outlook(learner, { presamples, batches, score, mixture, resample, now });
}

/** Judges by what was measured. */
function advice(measured: Measured): Advice {
  const verdict = judge(measured);
  const { best, pays, conclusive } = verdict;
  const { candidates, before, after, seconds, stopped, falling, batchSize } = measured;
  return {
    ...{ pays, conclusive, candidates, before, after, fall: falling.fall, seconds, stopped },
    method: best ? importance(best.options) : uniform(),
    options: best?.options,
    code: codeOf(best, batchSize),
    reasons: reasons(measured, verdict),
  };
}
