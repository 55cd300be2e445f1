/**
 * What it costs to watch what JavaScript computes in a compiled model, as a share of its training steps: built-in code, whose
 * fields are looked at before every step, and the same net with a loss of the user's own, whose code is also read once and traced again
 * before steps 2, 3, 5, 9, … and at each epoch; so is a loss that calls another function, where that can be read, and else it is
 * traced before every step. A callback for every batch has all such code traced so. Target: 1 % of 1,000 steps. WRN-28-2 normalises by a layer that is not TensorFlow.js's own, so that all of it counts as own code. The
 * traces are counted by the guard itself; the passes of validation are left out.
 */
import * as tf from '@tensorflow/tfjs';
import { CompiledLearner } from '../src/learner/compiled.ts';
import { Guard } from '../src/learner/guard.ts';
import { compiledModel } from '../src/learner/model.ts';
import { Objective } from '../src/learner/objective.ts';
import { readOwnCode } from '../src/learner/own-code/own-code.ts';
import { median } from './median.ts';
import { batchFor, type Net, nets } from './nets.ts';

const steps = 1000;
/** Steps of an epoch: 50,000 samples in batches of 128. */
const epoch = 391;

const losses = {
  'built-in': 'categoricalCrossentropy',
  'own loss': (y: tf.Tensor, p: tf.Tensor) => tf.metrics.categoricalCrossentropy(y, p),
  'with helper': (y: tf.Tensor, p: tf.Tensor) => crossEntropy(smoothed(y, 0.1), p),
};

const smoothed = (y: tf.Tensor, by: number) => tf.add(tf.mul(y, 1 - by), by / y.shape[1]!);
const crossEntropy = (y: tf.Tensor, p: tf.Tensor) => tf.metrics.categoricalCrossentropy(y, p);

/** Times in milliseconds, medians. */
interface Row {
  readonly net: string;
  readonly code: string;
  readonly step: number;
  /** Reading the code, once. */
  readonly read: number;
  /** A look at the fields, before each step. */
  readonly version: number;
  /** Tracing the step again and comparing it with the last trace. */
  readonly trace: number;
  /** Traces in 1,000 steps after the first. */
  readonly traces: number;
  /** Looks and traces, of 1,000 steps' time. */
  readonly share: number;
  /** The same with a trace before every step. */
  readonly shareWithCallback: number;
}

export default async function guard(options: { json: boolean; only?: string; rounds?: number }): Promise<void> {
  const { json, only = '', rounds } = options;
  if (rounds !== undefined && !(rounds >= 1)) throw new Error('rounds is a number above 0');
  tf.enableProdMode();
  await tf.setBackend('cpu');
  const rows: Row[] = [];
  for (const net of nets) {
    if (net.net.startsWith('LSTM') || !net.net.toLowerCase().includes(only.toLowerCase())) continue;
    for (const code of Object.keys(losses) as (keyof typeof losses)[]) {
      const row = await measure(net, code, rounds ?? net.rounds);
      rows.push(row);
      if (!json) print(row);
    }
  }
  if (json) console.log(JSON.stringify(rows));
}

function print({ net, code, step, read, version, trace, traces, share, shareWithCallback }: Row): void {
  const percent = (x: number) => `${(100 * x).toFixed(2)} %`;
  console.log(
    `${net.padEnd(10)} ${code}: step ${step.toFixed(2)} ms, read in ${read.toFixed(1)} ms, a look ${version.toFixed(4)} ms, a trace ${trace.toFixed(2)} ms;` +
      ` ${traces} traces in ${steps} steps: ${percent(share)}` +
      (traces > 0 ? `; traced before every step: ${percent(shareWithCallback)}` : ''),
  );
}

async function measure(
  { net, model: make, batch: size, vocabulary }: Net,
  code: keyof typeof losses,
  rounds: number,
): Promise<Row> {
  const model = make();
  model.compile({ optimizer: tf.train.momentum(0.01, 0.9), loss: losses[code] });
  const batch = batchFor(model, size, vocabulary);
  const begin = performance.now();
  const { asks, unclear } = readOwnCode(compiledModel(model));
  const read = performance.now() - begin;
  const isClear = asks === undefined && unclear === undefined;
  const learner = new CompiledLearner(model, { threads: 2 }, false, isClear);
  // biome-ignore lint/complexity/useLiteralKeys: the private member, which is what is measured.
  const watch = learner['guard'];
  const times = { step: [] as number[], version: [] as number[], trace: [] as number[] };
  const timed = async (name: keyof typeof times, run: () => unknown, calls = 1) => {
    const start = performance.now();
    for (let k = 0; k < calls; k++) await run();
    times[name].push((performance.now() - start) / calls);
  };
  // The first two rounds warm up.
  for (let round = -2; round < rounds; round++) {
    await learner.prepare(batch);
    await timed('step', () => learner.step(batch));
    await timed('version', watch.version, 20);
    // biome-ignore lint/complexity/useLiteralKeys: built-in code is traced again too, to know what that takes.
    watch['doubts']++;
    await timed('trace', () => learner.prepare(batch));
    if (round < 0) for (const list of Object.values(times)) list.length = 0;
  }
  await learner.dispose();
  const [step, version, trace] = [median(times.step), median(times.version), median(times.trace)];
  const traces = tracesOf(model, isClear);
  model.dispose();
  return {
    ...{ net, code, step, read, version, trace, traces },
    share: (steps * version + traces * trace) / (steps * step),
    shareWithCallback: (version + trace) / step,
  };
}

/** How often the step is traced again in its first 1,000 calls, in epochs as `fit` makes them. */
function tracesOf(model: tf.LayersModel, isClear: boolean): number {
  const fresh = new Guard(new Objective(compiledModel(model)), false, isClear);
  let [traces, last] = [0, fresh.doubt()];
  for (let step = 0; step < steps; step++) {
    if (step % epoch === 0) fresh.lookAgain();
    fresh.step();
    const doubt = fresh.doubt();
    if (doubt !== last) traces++;
    last = doubt;
  }
  return traces;
}
