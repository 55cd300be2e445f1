/** The parts that are measured, each in a process of its own where another must not share its core. */
import * as tf from '@tensorflow/tfjs';
import { type Chunk, chunkBytes, decodeChunk, encodeChunk } from '../../src/cluster/chunk.ts';
import { distributed } from '../../src/cluster/distributed-importance.ts';
import { KnownScores } from '../../src/cluster/known-scores.ts';
import { MemoryStore } from '../../src/cluster/memory-store.ts';
import { average } from '../../src/cluster/parallel/average.ts';
import { decodeContribution, encodeMessage } from '../../src/cluster/parallel/messages.ts';
import { Ranges } from '../../src/cluster/ranges.ts';
import { connect } from '../../src/cluster/redis-client.ts';
import { RedisStore } from '../../src/cluster/redis-store.ts';
import { ScoringWorker } from '../../src/cluster/scoring-worker.ts';
import { Clock } from '../../src/fit/clock.ts';
import { samplesProvider } from '../../src/fit/provider.ts';
import { ShuffledSource } from '../../src/fit/source.ts';
import { Trainer } from '../../src/fit/trainer.ts';
import { LossWeights } from '../../src/fit/weights.ts';
import { CompiledLearner } from '../../src/learner/compiled.ts';
import { compiledModel } from '../../src/learner/model.ts';
import { mlp } from '../../src/models/mlp.ts';
import { Random } from '../../src/sampling/random.ts';
import { madeUp } from '../made-up.ts';
import { median } from '../median.ts';

export const samples = 50_000;
/** Samples that workers score: more than they can between two publications, so that none waits for work. */
const many = 2_000_000;
export const range = 512;
const batchSize = 128;

async function parts(length = samples) {
  tf.enableProdMode();
  await tf.setBackend('cpu');
  const model = mlp({ seed: 1 });
  model.compile({ optimizer: tf.train.momentum(0.01, 0.9), loss: 'categoricalCrossentropy' });
  const compiled = compiledModel(model);
  const provider = await samplesProvider(compiled, madeUp(length), undefined, new LossWeights(compiled, undefined));
  return { model, learner: new CompiledLearner(model), provider };
}

/** A loop that does nothing but score, until `seconds` are over or it is killed. @returns scores a second. */
export async function loneLoop(seconds = Infinity, onRange: (samples: number) => void = () => {}): Promise<number> {
  const { learner, provider } = await parts();
  const source = new ShuffledSource(provider, null);
  const ranges = new Ranges(samples, range);
  const pass = async (k: number) =>
    learner.scores(await source.at(ranges.indices(k % (ranges.count - 1))), 'upper-bound');
  for (let k = 0; k < 10; k++) await pass(k);
  const start = performance.now();
  let count = 0;
  for (let k = 0; performance.now() - start < 1e3 * seconds; k++) {
    count += (await pass(k)).length;
    onRange(count);
  }
  return (1e3 * count) / (performance.now() - start);
}

/** A worker, until it is killed. */
export async function worker(url: string, run: string, say: (samples: number) => void): Promise<void> {
  const { model } = await parts();
  const store = await RedisStore.open({ url, run });
  let count = 0;
  const onRange = (report: { samples: number }) => {
    count += report.samples;
    say(count);
  };
  await new ScoringWorker(store, model, madeUp(many), { engine: 'compiled', onRange }).work();
}

/** A master that publishes and reads, and trains nothing, until it is killed. */
export async function idleMaster(url: string, run: string): Promise<void> {
  const { learner, provider } = await parts(many);
  const store = await RedisStore.open({ url, run });
  const random = new Random(1);
  const method = distributed({ run, publishEvery: 1_000_000, range }, async () => ({ store, close: async () => {} }));
  const sampler = method.sampler({
    ...{ learner, source: new ShuffledSource(provider, random), random, batchSize, length: many },
    ...{ costs: undefined as never, progress: () => 0, epoch: () => 0, seconds: () => 0 },
  });
  // Its queue is emptied by the workers; what is published anew fills it.
  for (let step = 0; ; step++) {
    if (step % 40 === 0) Object.assign(sampler, { step: (step + 1) * 1_000_000 });
    await sampler.draw(8);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

/** Milliseconds of a step with a store on a server and with one that is nowhere, in turns. */
export async function masterStep(url: string, rounds: number): Promise<{ with: number; without: number }> {
  const { learner, provider } = await parts();
  const store = await RedisStore.open({ url, run: 'step' });
  const trainers = [store, new MemoryStore()].map((one) => {
    const clock = new Clock();
    const random = new Random(1);
    const method = distributed({ run: 'step', range }, async () => ({ store: one, close: async () => {} }));
    const source = new ShuffledSource(provider, random.fork('order'));
    const times: number[] = [];
    const trainer = new Trainer({
      ...{ learner, clock, random, batchSize, source, method, length: samples, metricNames: [] },
      progress: () => 0,
    });
    return { trainer, times };
  });
  for (let round = -20; round < rounds; round++) {
    for (const { trainer, times } of trainers) {
      const start = performance.now();
      await trainer.train(batchSize, { epoch: 0, batch: trainer.step });
      if (round >= 0) times.push(performance.now() - start);
    }
  }
  await Promise.all(trainers.map(({ trainer }) => trainer.close()));
  // What is published counts, which a median would leave out.
  const mean = (all: readonly number[]) => all.reduce((a, b) => a + b) / all.length;
  return { with: mean(trainers[0].times), without: mean(trainers[1].times) };
}

/** Milliseconds to fetch the scores of all samples, decode them, and have them to draw by. */
export async function readScores(url: string): Promise<{ fetched: number; known: number }> {
  const store = await RedisStore.open({ url, run: 'read' });
  const nonce = '0123456789abcdef';
  const ranges = new Ranges(samples, range);
  const random = new Random(2);
  const known = new KnownScores(ranges, 1_000);
  const [fetched, all]: number[][] = [[], []];
  await store.begin(nonce, new Uint8Array(8));
  for (let round = 0; round < 30; round++) {
    await store.offer(Array.from({ length: ranges.count }, (_, k) => k));
    for (let k = 0; k < ranges.count; k++) {
      const [lease] = (await store.lease('bench', 1)).leases;
      const scores = Float32Array.from({ length: ranges.sizeOf(lease.range) }, () => random.uniform());
      await store.commit(nonce, [{ lease, chunk: encodeChunk({ nonce, range: lease.range, version: round, scores }) }]);
    }
    const start = performance.now();
    const taken = await store.take(256, { ranges: ranges.count, bytes: chunkBytes(range) });
    const chunks: Chunk[] = taken.chunks.map(([k, bytes]) =>
      decodeChunk(bytes, { nonce, range: k, count: ranges.sizeOf(k), latest: round }),
    );
    fetched.push(performance.now() - start);
    for (const { range: k, version, scores } of chunks) known.store(k, version, scores);
    all.push(performance.now() - start);
    if (chunks.length !== ranges.count) throw new Error(`${chunks.length} ranges`);
  }
  await store.close();
  return { fetched: median(fetched), known: median(all) };
}

/** What the simulation goes by. */
export async function costs(url: string) {
  const { model, learner, provider } = await parts();
  const source = new ShuffledSource(provider, new Random(1));
  const steps: number[] = [];
  for (let k = -10; k < 100; k++) {
    const { batch } = await source.next(batchSize);
    const start = performance.now();
    await learner.step(batch);
    if (k >= 0) steps.push((performance.now() - start) / 1e3);
  }
  const client = await connect(url);
  const parameters = model.countParams();
  const values = new Float32Array(parameters).fill(0.5);
  const blob = Buffer.from(values.buffer);
  const [trips, moves, adds]: number[][] = [[], [], []];
  const nonce = '0123456789abcdef';
  for (let k = 0; k < 200; k++) {
    const start = performance.now();
    await client.ping();
    trips.push((performance.now() - start) / 1e3);
  }
  for (let k = 0; k < 40; k++) {
    let start = performance.now();
    await client.set('bench', blob);
    await client.getBuffer('bench');
    moves.push((performance.now() - start) / 1e3);
    const bytes = encodeMessage({ nonce, round: 0, samples: 1, values });
    start = performance.now();
    const found = decodeContribution(bytes, { nonce, round: 0, length: parameters });
    average([found, found]);
    adds.push((performance.now() - start) / 1e3);
  }
  await client.del('bench');
  client.disconnect();
  return {
    steps,
    parameters,
    bandwidth: (8 * parameters) / median(moves),
    roundTrip: median(trips),
    adding: parameters / median(adds),
  };
}
