/**
 * `bench input`: whether data comes on time. A part of an epoch is loaded alone, trained on alone (one batch over and over)
 * and both at once; what matters is both beside the larger of the two. The two sides take turns.
 */
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { arraySamples } from '../src/data/arrays.ts';
import { cacheFolder } from '../src/data/cache.ts';
import { pooled } from '../src/data/index.ts';
import type { NdArray, Samples } from '../src/data/samples.ts';
import { subset } from '../src/data/subset.ts';
import { fit } from '../src/fit/fit.ts';
import { uniform } from '../src/methods/uniform.ts';
import { wideResnet } from '../src/models/wide-resnet.ts';
import { cifar, scenes } from './input-samples.ts';
import { median } from './median.ts';
import { mobileNet } from './mobile-net.ts';
import { rest } from './peer.ts';
import { PyTorch } from './pytorch.ts';

interface Workload {
  readonly name: 'scenes' | 'cifar';
  readonly title: string;
  readonly folder: string;
  readonly model: () => tf.LayersModel;
  readonly batch: number;
  readonly steps: number;
}

const workloads: readonly Workload[] = [
  {
    name: 'scenes',
    title: '15-Scene, pictures of 96 × 96, MobileNetV1-0.25',
    folder: 'scene-15',
    model: () => mobileNet({ classes: 15 }),
    batch: 64,
    steps: 8,
  },
  {
    name: 'cifar',
    title: 'CIFAR-10 moved and mirrored, WRN-16-1',
    folder: 'cifar-10',
    model: () => wideResnet({ depth: 16, width: 1, seed: 1 }),
    batch: 128,
    steps: 6,
  },
];

const inputs = { scenes, cifar };
/** Steps before the clock starts: the first ones wait for what nobody could have told of. */
const first = 2;
const workers = 2;

type Row =
  | 'loading, here'
  | `loading, ${number} workers`
  | 'training alone'
  | 'both, told nothing'
  | 'both'
  | `both, ${number} workers`;

export default async function input({ json, only, rounds = 3 }: { json: boolean; only?: string; rounds?: number }) {
  tf.enableProdMode();
  await tf.setBackend('cpu');
  for (const work of workloads) {
    if (only && work.name !== only) continue;
    const ours = await ourRuns(work);
    const folder = join(cacheFolder(), work.folder);
    const torch = await best(
      await PyTorch.startAll('bench/pytorch_input.py', () => [folder, work.name, `${work.batch}`]),
    );
    const times = new Map<string, Measured[]>();
    const note = (name: string, measured: Measured) => times.set(name, [...(times.get(name) ?? []), measured]);
    for (let round = 0; round < rounds; round++) {
      for (const [row, run] of ours.runs) {
        note(row, await run());
        await rest();
      }
      for (const what of torch ? ['load', 'train', 'both'] : []) {
        note(`${torch!.name}: ${what}`, await torch!.ask<Measured>(`${what} ${work.steps}`));
        await rest();
      }
    }
    const rows = [...times].map(([name, all]) => ({
      name,
      milliseconds: 1e3 * median(all.map(({ seconds }) => seconds)),
      // What both take on all cores, if none ever waits.
      cpu: 1e3 * median(all.map(({ cpu = Number.NaN }) => cpu)),
    }));
    torch?.stop();
    await ours.close();
    if (json) console.log(JSON.stringify({ workload: work.name, batch: work.batch, steps: work.steps, rounds, rows }));
    else print(work, rows, rounds);
  }
  process.exit(0);
}

/** Of a step. */
interface Measured {
  readonly seconds: number;
  /** Seconds of the processor; PyTorch's workers are processes of their own. */
  readonly cpu?: number;
}

/** The setting in which training alone is fastest; the others end. */
async function best(torches: readonly PyTorch[]): Promise<PyTorch | undefined> {
  let [fastest, least]: [PyTorch | undefined, number] = [undefined, Infinity];
  for (const torch of torches) {
    const { seconds } = await torch.ask<Measured>('train 3');
    if (seconds < least) [fastest, least] = [torch, seconds];
  }
  for (const torch of torches) if (torch !== fastest) torch.stop();
  return fastest;
}

function print(
  work: Workload,
  rows: readonly { name: string; milliseconds: number; cpu: number }[],
  rounds: number,
): void {
  const of = (name: string) => rows.find((row) => row.name === name)!.milliseconds;
  console.log(`\n${work.title}, batches of ${work.batch}: milliseconds a step, median of ${rounds}`);
  for (const { name, milliseconds, cpu } of rows) {
    const torch = /^(PyTorch.*): both$/.exec(name)?.[1];
    const [load, train] = torch
      ? [of(`${torch}: load`), of(`${torch}: train`)]
      : [
          of(name === 'both' || name === 'both, told nothing' ? 'loading, here' : `loading, ${workers} workers`),
          of('training alone'),
        ];
    const ratio = name.includes('both')
      ? `  ${(milliseconds / Math.max(load, train)).toFixed(2)} × the larger alone`
      : '';
    const cores = Number.isNaN(cpu) ? ''.padStart(14) : `  (cores ${cpu.toFixed(0).padStart(4)})`;
    console.log(`  ${name.padEnd(56)}${milliseconds.toFixed(1).padStart(8)}${cores}${ratio}`);
  }
}

/** From now on, for so many steps. */
function watch(steps: number): () => Measured {
  const [start, cpu] = [performance.now(), process.cpuUsage()];
  return () => {
    const { user, system } = process.cpuUsage(cpu);
    return { seconds: (performance.now() - start) / 1e3 / steps, cpu: (user + system) / 1e6 / steps };
  };
}

async function ourRuns({ name, model: make, batch, steps }: Workload) {
  const whole = await inputs[name]();
  const pool = await pooled(new URL('./input-samples.mjs', import.meta.url), { workers, name });
  const length = batch * (first + steps);
  let from = 0;
  /** Another part each time, so that nothing is there already. */
  const part = (samples: Samples): Samples => {
    const indices = Int32Array.from({ length }, (_, k) => (from + k * 7) % samples.length);
    from += length;
    return subset(samples, indices);
  };
  const model = make();
  model.compile({ optimizer: tf.train.momentum(0.01, 0.9), loss: 'categoricalCrossentropy' });
  const { xs, ys } = await whole.batch(Int32Array.from({ length: batch }, (_, k) => k));
  const fixed = repeated(xs as NdArray, ys as NdArray, batch, length);
  const quiet = (samples: Samples): Samples => ({ length: samples.length, batch: (indices) => samples.batch(indices) });
  const training = async (samples: Samples): Promise<Measured> => {
    let watched: (() => Measured) | undefined;
    let measured: Measured | undefined;
    const onStep = ({ step }: { step: number }) => {
      if (step === first - 1) watched = watch(steps);
      if (step === first + steps - 1) measured = watched!();
    };
    await fit(model, samples, { batchSize: batch, verbose: 0, method: uniform(), shuffle: false, onStep });
    return measured!;
  };
  const loading = async (samples: Samples, ahead: boolean): Promise<Measured> => {
    const at = (k: number) => Int32Array.from({ length: batch }, (_, i) => k * batch + i);
    let watched: (() => Measured) | undefined;
    for (let k = 0; k < first + steps; k++) {
      if (k === first) watched = watch(steps);
      if (ahead) for (const next of [k, k + 1, k + 2]) if (next < first + steps) samples.soon?.(at(next));
      await samples.batch(at(k));
    }
    return watched!();
  };
  const runs: [Row, () => Promise<Measured>][] = [
    ['loading, here', () => loading(part(whole), true)],
    [`loading, ${workers} workers`, () => loading(part(pool), true)],
    ['training alone', () => training(fixed)],
    ['both, told nothing', () => training(quiet(part(whole)))],
    ['both', () => training(part(whole))],
    [`both, ${workers} workers`, () => training(part(pool))],
  ];
  // Compiles, and wakes the disk.
  await training(fixed);
  return { runs, close: () => pool.close() };
}

/** One batch, as if it were as many samples as are trained on. */
function repeated(x: NdArray, y: NdArray, batch: number, length: number): Samples {
  const one = arraySamples(x, y);
  return { length, batch: (indices) => one.batch(Int32Array.from(indices, (i) => i % batch)) };
}
