/**
 * A step on a GPU and on the processor, and the bytes that cross between them: `npm run bench -- device [net]`.
 *
 * What crosses is counted, not estimated: inputs and outputs of sessions that are in the processor's memory, what ONNX
 * Runtime copies within a graph for operations that the GPU lacks (from its profile), and weights that are fetched or sent.
 */
import { cpus } from 'node:os';
import * as tf from '@tensorflow/tfjs';
import { deviceOf } from '../src/compiler/device.ts';
import type { OrtTensor, Runtime } from '../src/compiler/index.ts';
import { CompiledLearner } from '../src/learner/compiled.ts';
import { mlp } from '../src/models/mlp.ts';
import { profiled } from '../test/support/placement.ts';
import { adapterName } from './adapter-name.ts';
import { median } from './median.ts';
import { batchFor, type Net, nets } from './nets.ts';

interface Bytes {
  readonly up: number;
  readonly down: number;
}

interface Row {
  readonly net: string;
  readonly batch: number;
  /** Medians of a step, ms. */
  readonly gpu: number;
  readonly processor: number;
  /** Of a step: of its samples and results, and of what the GPU lacks. */
  readonly data: Bytes;
  readonly within: Bytes;
  /** Of weights and slots in the counted steps together, which stay where they are; and what they take. */
  readonly weights: Bytes;
  readonly state: number;
  readonly onProcessor: readonly string[];
}

/** Small enough for a software GPU, where a step of the others takes minutes. */
const tiny: Net = {
  net: 'tiny network',
  model: () => mlp({ inputSize: 64, hidden: [32], classes: 10, seed: 1 }),
  batch: 128,
  rounds: 9,
};

const settings = { executionProviders: ['webgpu'] };

export default async function device({ json, only, rounds = 9 }: { json: boolean; only?: string; rounds?: number }) {
  await tf.setBackend('cpu');
  const { name: adapter, why } = adapterName();
  if (adapter === undefined) {
    console.error(`no GPU that WebGPU can use was found here: ${why}`);
    process.exitCode = 1;
    return;
  }
  if (!json) console.log(`GPU: ${adapter}\nprocessor: ${cpus().length} × ${cpus()[0].model.trim()}\n`);
  const rows: Row[] = [];
  for (const net of [tiny, ...nets]) {
    if (only !== undefined && !net.net.toLowerCase().includes(only.toLowerCase())) continue;
    const row = await measure(net, rounds);
    rows.push(row);
    if (!json) print(row);
  }
  if (json) console.log(JSON.stringify({ adapter, rows }));
}

async function measure({ net, model: make, batch: size, vocabulary }: Net, rounds: number): Promise<Row> {
  const learners = [settings, {}].map((one) => {
    const model = compiled(make());
    return {
      learner: new CompiledLearner(model, one),
      batch: batchFor(model, size, vocabulary),
      times: [] as number[],
    };
  });
  // In turns, so that the machine's moods are shared. The first steps compile and warm up.
  for (let round = -2; round < rounds; round++) {
    for (const { learner, batch, times } of learners) {
      const start = performance.now();
      await learner.step(batch);
      if (round >= 0) times.push(performance.now() - start);
    }
  }
  const [gpu, processor] = learners.map(({ times }) => median(times)!);
  for (const { learner } of learners) await learner.dispose();
  return { net, batch: size, gpu, processor, ...(await count(compiled(make()), size, vocabulary)) };
}

function compiled(model: tf.LayersModel): tf.LayersModel {
  model.compile({ optimizer: tf.train.adam(1e-3), loss: 'categoricalCrossentropy' });
  return model;
}

/** Steps whose bytes are counted. */
const steps = 3;

async function count(model: tf.LayersModel, size: number, vocabulary?: number) {
  const { runtime, placement } = await profiled();
  const crossed = { up: 0, down: 0 };
  const learner = new CompiledLearner(model, { ...settings, runtime: counting(runtime, crossed) });
  const batch = batchFor(model, size, vocabulary);
  await learner.step(batch);
  const { crossings } = (await deviceOf(runtime, settings))!;
  const before = { data: { ...crossed }, weights: { ...crossings } };
  for (let k = 0; k < steps; k++) await learner.step(batch);
  const since = (now: Bytes, then: Bytes): Bytes => ({ up: now.up - then.up, down: now.down - then.down });
  const data = since(crossed, before.data);
  const weights = since(crossings, before.weights);
  const { onProcessor, up, down } = await placement();
  const { weights: values, slots } = await learner.state();
  await learner.dispose();
  const share = (bytes: Bytes, of: number): Bytes => ({ up: bytes.up / of, down: bytes.down / of });
  return {
    data: share(data, steps),
    within: share({ up, down }, steps + 1),
    weights,
    state: [...values, ...slots].reduce((sum, { data }) => sum + data.byteLength, 0),
    onProcessor: [...onProcessor].sort(),
  };
}

/** The runtime, with its sessions' inputs and outputs counted that are in the processor's memory. */
function counting(runtime: Runtime, crossed: { up: number; down: number }): Runtime {
  const bytes = (tensors: { readonly [name: string]: OrtTensor }): number =>
    Object.values(tensors)
      .filter(({ location }) => location === 'cpu')
      .reduce((sum, { data }) => sum + (data as Float32Array).byteLength, 0);
  return {
    ...runtime,
    InferenceSession: {
      async create(model, options) {
        const session = await runtime.InferenceSession.create(model, options);
        const run = session.run.bind(session);
        session.run = async (feeds) => {
          const results = await run(feeds);
          crossed.up += bytes(feeds);
          crossed.down += bytes(results);
          return results;
        };
        return session;
      },
    },
  };
}

function print({ net, batch, gpu, processor, data, within, weights, state, onProcessor }: Row): void {
  const ms = (x: number) => `${x.toFixed(x < 20 ? 2 : 0)} ms`;
  const size = (x: number) => `${(x / 1e3).toFixed(1)} kB`;
  const both = ({ up, down }: Bytes) => `up ${size(up)}, down ${size(down)}`;
  console.log(`${net}, batch ${batch}`);
  console.log(`  a step: GPU ${ms(gpu)}, processor ${ms(processor)}`);
  console.log(`  crossing in a step: ${both(data)}; within the graph: ${both(within)}`);
  console.log(`  weights and slots, ${size(state)}, in ${steps} steps: ${both(weights)}`);
  if (onProcessor.length > 0) console.log(`  left to the processor: ${onProcessor.join(', ')}`);
}
