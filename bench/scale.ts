/**
 * What a method that keeps something of each sample costs as the data grow: bytes a sample, and the time of a step against that
 * with the fewest samples. The samples are made on demand. Each method is a process of its own, in which the sizes take turns.
 */
import { spawn } from 'node:child_process';
import * as tf from '@tensorflow/tfjs';
import { encodeChunk } from '../src/cluster/chunk.ts';
import { distributed } from '../src/cluster/distributed-importance.ts';
import { MemoryStore } from '../src/cluster/memory-store.ts';
import { Ranges } from '../src/cluster/ranges.ts';
import { UnequalError } from '../src/errors.ts';
import { Clock } from '../src/fit/clock.ts';
import { samplesProvider } from '../src/fit/provider.ts';
import { ShuffledSource } from '../src/fit/source.ts';
import { Trainer } from '../src/fit/trainer.ts';
import { LossWeights } from '../src/fit/weights.ts';
import { CompiledLearner } from '../src/learner/compiled.ts';
import { compiledModel } from '../src/learner/model.ts';
import { methodEntry, registry } from '../src/methods/registry.ts';
import { mlp } from '../src/models/mlp.ts';
import { Random } from '../src/sampling/random.ts';
import { madeUp } from './made-up.ts';
import { median } from './median.ts';

const sizes = [1e4, 1e5, 1e6, 1e7];
const batchSize = 128;
const variable = 'UNEQUAL_BENCH_SCALE';
/** Seconds that a method may take: one that passes over all samples before it starts is not waited for. */
const patience = 300;

/** The method whose scores come from workers; here they are there already. */
const ofWorkers = 'distributedImportance';

/** Options of those that would train uniformly for as long as this measures, and could do otherwise. */
const early: { readonly [name: string]: object } = { importance: { start: 'always' }, approximate: { warmup: 1e-9 } };

interface Point {
  readonly n: number;
  readonly bytesPerSample: number;
  /** Milliseconds, median. */
  readonly step: number;
  /** Of the step with the fewest samples that was measured beside it, median. */
  readonly ratio: number;
  /** Of the last step. */
  readonly phase: string;
}

export default async function scale(options: { json: boolean; only?: string; rounds?: number }): Promise<void> {
  const { json, only, rounds = 600 } = options;
  const inChild = process.env[variable];
  if (inChild !== undefined) {
    const points = await measure(inChild, rounds).catch((error) => {
      if (!(error instanceof UnequalError)) throw error;
      return error.message;
    });
    console.log(JSON.stringify(points));
    process.exit(0);
  }
  const results: Record<string, readonly Point[] | string> = {};
  const kept = registry.filter(({ bytesPerSample, needs, embedding }) => bytesPerSample !== 0 && !needs && !embedding);
  for (const name of [...kept.map((entry) => entry.name), ofWorkers]) {
    if (only !== undefined && !name.toLowerCase().includes(only.toLowerCase())) continue;
    results[name] = await inOwnProcess(name);
    if (!json) print(name, results[name]);
  }
  if (json) console.log(JSON.stringify(results));
}

function print(name: string, points: readonly Point[] | string): void {
  if (typeof points === 'string') {
    console.log(`${name}: ${points}`);
    return;
  }
  for (const { n, bytesPerSample, step, ratio, phase } of points) {
    console.log(
      `${name.padEnd(22)} N ${n.toExponential(0)}  ${bytesPerSample.toFixed(1).padStart(7)} bytes a sample` +
        `${step.toFixed(2).padStart(9)} ms ${ratio.toFixed(3)} ${'█'.repeat(Math.min(60, Math.round(20 * ratio)))} ${phase}`,
    );
  }
}

function inOwnProcess(name: string): Promise<readonly Point[] | string> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ['--expose-gc', ...process.argv.slice(1)], {
      env: { ...process.env, [variable]: name },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const timer = setTimeout(() => child.kill(), patience * 1e3);
    let output = '';
    child.stdout.on('data', (chunk) => {
      output += chunk;
    });
    child.on('close', (code) => {
      clearTimeout(timer);
      const last = output.trim().split('\n').at(-1) ?? '';
      if (code === 0) resolve(JSON.parse(last));
      else resolve(code === null ? `not done after ${patience} s` : `ended with code ${code}`);
    });
  });
}

/** What all of a method's arrays take: those of samples are the large ones. */
function held(): number {
  globalThis.gc?.();
  return process.memoryUsage().arrayBuffers;
}

async function measure(name: string, rounds: number): Promise<Point[]> {
  tf.enableProdMode();
  await tf.setBackend('cpu');
  const model = mlp({ seed: 1 });
  model.compile({ optimizer: tf.train.momentum(0.01, 0.9), loss: 'categoricalCrossentropy' });
  const compiled = compiledModel(model);
  const learner = new CompiledLearner(model);
  const trainers: { n: number; trainer: Trainer; bytesPerSample: number; times: number[]; phase: string }[] = [];
  for (const n of sizes) {
    const provider = await samplesProvider(compiled, madeUp(n), undefined, new LossWeights(compiled, undefined));
    const clock = new Clock();
    const random = new Random(1);
    const source = new ShuffledSource(provider, random.fork('order'));
    const before = held();
    const scored = name === ofWorkers ? new MemoryStore() : undefined;
    const method = scored
      ? distributed({ start: 0, publishEvery: 1e9 }, async () => ({ store: scored, close: async () => {} }))
      : methodEntry(name).make(early[name]);
    const trainer = new Trainer({
      ...{ learner, clock, random, batchSize, source, method, length: n, metricNames: [] },
      progress: () => 0,
    });
    const bytesPerSample = Math.max(0, held() - before) / n;
    if (scored) await scoreAll(trainer, scored, n);
    trainers.push({ n, trainer, bytesPerSample, times: [], phase: '' });
  }
  // The first rounds load the graphs.
  for (let round = -3; round < rounds; round++) {
    // There and back: what a step finds in the caches, the step before has left there.
    for (const one of round % 2 === 0 ? trainers : trainers.toReversed()) {
      const start = performance.now();
      const { phase } = await one.trainer.train(batchSize, { epoch: 0, batch: one.trainer.step });
      if (round >= 0) one.times.push(performance.now() - start);
      one.phase = phase;
    }
  }
  return trainers.map(({ n, bytesPerSample, times, phase }) => {
    const ratio = median(times.map((time, k) => time / trainers[0].times[k]));
    return { n, bytesPerSample, step: median(times), ratio, phase };
  });
}

/** What workers would do, at once: every range gets scores, and the master takes them in. */
async function scoreAll(trainer: Trainer, store: MemoryStore, n: number): Promise<void> {
  const random = new Random(2);
  const ranges = new Ranges(n, 512);
  const step = () => trainer.train(batchSize, { epoch: 0, batch: trainer.step });
  while ((await step()).phase !== 'importance') {
    const { nonce } = (await store.meta())!;
    const scored = (await store.lease('bench', 256)).leases.map((lease) => {
      const scores = Float32Array.from({ length: ranges.sizeOf(lease.range) }, () => random.uniform());
      return { lease, chunk: encodeChunk({ nonce, range: lease.range, version: 0, scores }) };
    });
    await store.commit(nonce, scored);
  }
}
