/**
 * A training step compiled, eager (wasm) and in PyTorch, side by side: the steps of both sides take turns, so that the machine's moods
 * are shared. Two threads each. Every net runs in a process of its own, for its peak of memory.
 */
import { spawn } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import * as tf from '@tensorflow/tfjs';
import { compile } from '../src/compiler/index.ts';
import type { ModelBatch } from '../src/learner/batch.ts';
import { CompiledLearner } from '../src/learner/compiled.ts';
import { EagerLearner } from '../src/learner/eager.ts';
import { lstm } from '../src/models/lstm.ts';
import { mlp } from '../src/models/mlp.ts';
import { smallCnn } from '../src/models/small-cnn.ts';
import { wideResnet } from '../src/models/wide-resnet.ts';
import { useWasm } from '../test/support/wasm.ts';
import { median } from './median.ts';
import { PyTorch } from './pytorch.ts';

export interface Net {
  readonly net: string;
  readonly model: () => tf.LayersModel;
  readonly batch: number;
  readonly rounds: number;
}

export const nets: readonly Net[] = [
  { net: 'small CNN', model: () => smallCnn({ seed: 1 }), batch: 128, rounds: 15 },
  { net: 'WRN-28-2', model: () => wideResnet({ seed: 1 }), batch: 128, rounds: 7 },
  { net: 'MLP', model: () => mlp({ seed: 1 }), batch: 128, rounds: 60 },
  { net: 'LSTM 784', model: () => lstm({ seed: 1 }), batch: 32, rounds: 7 },
];

/** Times in milliseconds, medians; memory in MB. What was not measured is null. */
interface Row {
  net: string;
  compiled: number;
  eager: number | null;
  pytorch: number | null;
  /** Scores by the upper bound, one forward pass, and PyTorch's forward pass without gradients. */
  forward: number;
  pytorchForward: number | null;
  /** Tracing, writing and loading the step, seconds; and the size of its graph. */
  compileSeconds: number;
  graphMegabytes: number;
  peak: number;
  pytorchPeak: number | null;
  /** Floating-point operations of a step against those a large matrix product does in its time. */
  shareOfPeak: number;
}

export default async function step({ json, only }: { json: boolean; only?: string }): Promise<void> {
  const inChild = process.env.UNEQUAL_BENCH_NET;
  if (inChild !== undefined) {
    const net = nets.find(({ net }) => net === inChild) as Net;
    console.log(JSON.stringify(await measure(net)));
    process.exit(0);
  }
  const rows: Row[] = [];
  for (const { net } of nets) {
    if (only !== undefined && !net.toLowerCase().includes(only.toLowerCase())) continue;
    const row = await inOwnProcess(net);
    rows.push(row);
    if (!json) print(row);
  }
  if (json) console.log(JSON.stringify(rows));
}

function print(row: Row): void {
  const ms = (x: number | null) => (x === null ? '–' : x.toFixed(x < 20 ? 2 : 0)).padStart(6);
  const ratio = (a: number, b: number | null) => (b === null ? '' : ` (${(a / b).toFixed(2)} × PyTorch)`);
  console.log(`${row.net}`);
  console.log(
    `  step     compiled ${ms(row.compiled)}  eager wasm ${ms(row.eager)}  PyTorch ${ms(row.pytorch)} ms${ratio(row.compiled, row.pytorch)}`,
  );
  console.log(
    `  forward  compiled ${ms(row.forward)}  PyTorch ${ms(row.pytorchForward)} ms${ratio(row.forward, row.pytorchForward)}`,
  );
  console.log(
    `  memory   compiled ${ms(row.peak)}  PyTorch ${ms(row.pytorchPeak)} MB${ratio(row.peak, row.pytorchPeak)}`,
  );
  console.log(
    `  compiled in ${row.compileSeconds.toFixed(2)} s, ${row.graphMegabytes.toFixed(2)} MB;` +
      ` ${(100 * row.shareOfPeak).toFixed(0)} % of the machine's peak`,
  );
}

function inOwnProcess(net: string): Promise<Row> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, process.argv.slice(1), {
      env: { ...process.env, UNEQUAL_BENCH_NET: net },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    child.stdout.on('data', (chunk) => {
      output += chunk;
    });
    child.on('close', (code) => {
      const last = output.trim().split('\n').at(-1) ?? '';
      if (code === 0 && last.startsWith('{')) resolve(JSON.parse(last));
      else reject(new Error(`the bench of ${net} ended with code ${code}`));
    });
  });
}

async function measure({ net, model: make, batch: size, rounds }: Net): Promise<Row> {
  tf.enableProdMode();
  await tf.setBackend('cpu');
  const model = make();
  compileModel(model);
  const batch = batchFor(model, size);
  const learner = new CompiledLearner(model, { threads: 2 });
  const start = performance.now();
  await learner.prepare(batch);
  const compileSeconds = (performance.now() - start) / 1e3;
  // biome-ignore lint/complexity/useLiteralKeys: the private member, for its statistics only.
  const graph = [...learner['functions']['all'].values()].flatMap(({ programs }) => programs);
  const graphMegabytes = Math.max(...graph.map(({ statistics }) => statistics.bytes)) / 1e6;

  const pytorch = await PyTorch.start();
  if (pytorch.remark) console.error(pytorch.remark);
  const { available } = pytorch;
  if (available) await pytorch.ask(`net ${net}`);
  const times: Record<'compiled' | 'pytorch' | 'forward' | 'pytorchForward', number[]> = {
    compiled: [],
    pytorch: [],
    forward: [],
    pytorchForward: [],
  };
  let pytorchPeak = 0;
  // The first two rounds warm both sides up. A short rest lets the threads of one side go to sleep before the other's turn.
  for (let round = -2; round < rounds; round++) {
    const ours = { compiled: () => learner.step(batch), forward: () => learner.scores(batch, 'upper-bound') };
    for (const [name, theirs, request] of [
      ['compiled', 'pytorch', 'step'],
      ['forward', 'pytorchForward', 'forward'],
    ] as const) {
      const start = performance.now();
      await ours[name]();
      if (round >= 0) times[name].push(performance.now() - start);
      await pause(20);
      if (!available) continue;
      const { milliseconds, peak } = await pytorch.ask(request);
      if (round >= 0) times[theirs].push(milliseconds);
      pytorchPeak = peak;
      await pause(20);
    }
  }
  pytorch.stop();
  const peak = process.resourceUsage().maxRSS / 1024;
  const compiled = median(times.compiled);
  const shareOfPeak = (3 * operations(model) * size) / (compiled * 1e6) / (await matrixGflops());
  await learner.dispose();
  return {
    net,
    compiled,
    eager: await eager(make, batch),
    pytorch: available ? median(times.pytorch) : null,
    forward: median(times.forward),
    pytorchForward: available ? median(times.pytorchForward) : null,
    compileSeconds,
    graphMegabytes,
    peak,
    pytorchPeak: available ? pytorchPeak : null,
    shareOfPeak,
  };
}

function compileModel(model: tf.LayersModel): void {
  model.compile({ optimizer: tf.train.momentum(0.01, 0.9), loss: 'categoricalCrossentropy' });
}

/** The eager learner on wasm: one step is taken as it is if it is long, else the median of three after it. */
async function eager(make: () => tf.LayersModel, batch: ModelBatch): Promise<number | null> {
  await useWasm();
  const model = make();
  compileModel(model);
  const learner = new EagerLearner(model);
  const once = async () => {
    const start = performance.now();
    await learner.step(batch);
    return performance.now() - start;
  };
  const first = await once();
  return first > 5e3 ? first : median([await once(), await once(), await once()]);
}

export function batchFor(model: tf.LayersModel, size: number): ModelBatch {
  const [, ...shape] = model.inputs[0].shape as number[];
  const classes = model.outputs[0].shape[1] as number;
  const length = shape.reduce((a, b) => a * b, size);
  const data = Float32Array.from({ length }, (_, i) => Math.sin(i * 12.9898) * 1.5);
  const targets = new Float32Array(size * classes);
  for (let i = 0; i < size; i++) targets[i * classes + (i % classes)] = 1;
  return {
    size,
    xs: [{ data, shape: [size, ...shape], dtype: 'float32' }],
    ys: [{ data: targets, shape: [size, classes], dtype: 'float32' }],
  };
}

/** Multiplications and additions of a forward pass, for one sample, in convolutions, dense and recurrent layers. */
function operations(model: tf.LayersModel): number {
  let sum = 0;
  for (const layer of model.layers) {
    const [kernel, recurrent] = layer.getWeights();
    const output = layer.outputShape as number[];
    if (layer.getClassName() === 'Conv2D') sum += 2 * kernel.size * output[1] * output[2];
    if (layer.getClassName() === 'Dense') sum += 2 * kernel.size;
    if (layer.getClassName() === 'LSTM')
      sum += 2 * (kernel.size + recurrent.size) * (model.inputs[0].shape[1] as number);
  }
  return sum;
}

/** What a large matrix product reaches in the same runtime, GFLOP/s. */
async function matrixGflops(n = 2048): Promise<number> {
  const product = compile(
    ({ a, b }) => ({ c: tf.matMul(a, b).max() }),
    { a: { shape: [n, n] }, b: { shape: [n, n] } },
    { threads: 2 },
  );
  const [a, b] = [1, 2].map((k) => Float32Array.from({ length: n * n }, (_, i) => Math.sin(i * k)));
  const times: number[] = [];
  for (let i = 0; i < 8; i++) {
    const start = performance.now();
    await product.run({ a, b });
    if (i > 0) times.push(performance.now() - start);
  }
  await product.dispose();
  return (2 * n ** 3) / 1e6 / median(times);
}
