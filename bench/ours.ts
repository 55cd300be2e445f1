/** This library's side of `bench step`, in a process of its own. */
import { createInterface } from 'node:readline';
import * as tf from '@tensorflow/tfjs';
import { compile } from '../src/compiler/index.ts';
import { CompiledLearner } from '../src/learner/compiled.ts';
import { EagerLearner } from '../src/learner/eager.ts';
import type { Learner } from '../src/learner/learner.ts';
import { useWasm } from '../test/support/wasm.ts';
import { median } from './median.ts';
import { batchFor, nets, stepOperations } from './nets.ts';
import { Peer } from './peer.ts';
import { type Traffic, watched } from './traffic.ts';

export interface Side {
  readonly net: string;
  readonly engine: 'compiled' | 'eager';
  readonly threads: number;
}

export interface Greeting {
  /** Tracing, writing and loading the step, seconds; the size of its graph. */
  readonly compileSeconds: number;
  readonly graphMegabytes: number;
  /** Floating-point operations of a step. */
  readonly operations: number;
  /** Of a step and of scoring. */
  readonly traffic: readonly Traffic[];
}

const variable = 'UNEQUAL_BENCH_SIDE';

export const startOurs = (side: Side): Promise<Peer<Greeting>> =>
  Peer.start([process.execPath, ...process.argv.slice(1)], { ...process.env, [variable]: JSON.stringify(side) });

/** Answers requests, if this process is such a side. */
export async function serve(): Promise<boolean> {
  const side = process.env[variable];
  if (side === undefined) return false;
  const { net, engine, threads } = JSON.parse(side) as Side;
  const { model: make, batch: size, vocabulary } = nets.find((one) => one.net === net)!;
  tf.enableProdMode();
  if (engine === 'eager') await useWasm();
  else await tf.setBackend('cpu');
  const model = make();
  model.compile({ optimizer: tf.train.momentum(0.01, 0.9), loss: 'categoricalCrossentropy' });
  const batch = batchFor(model, size, vocabulary);
  const { runtime, graphs } = watched();
  let learner: Learner;
  let compileSeconds = 0;
  let graphMegabytes = 0;
  if (engine === 'compiled') {
    // Its graphs are looked at in a learner that is not measured: what is measured loads them as everybody does.
    const looked = new CompiledLearner(model, { threads, runtime });
    await looked.prepare(batch);
    await looked.scores(batch, 'upper-bound');
    await looked.dispose();
    // What the compiler asked the runtime about the processor came before.
    graphs.splice(0, graphs.length - 2);
    const compiled = new CompiledLearner(model, { threads });
    const start = performance.now();
    await compiled.prepare(batch);
    compileSeconds = (performance.now() - start) / 1e3;
    // biome-ignore lint/complexity/useLiteralKeys: the private member, for its statistics only.
    const programs = [...compiled['functions']['all'].values()].flatMap((one) => one.programs);
    graphMegabytes = Math.max(...programs.map(({ statistics }) => statistics.bytes)) / 1e6;
    learner = compiled;
  } else learner = new EagerLearner(model);
  const operations = stepOperations(model, size);
  say({ compileSeconds, graphMegabytes, operations, traffic: graphs } satisfies Greeting);
  for await (const request of createInterface(process.stdin)) {
    if (request === 'gflops') {
      say(await matrixGflops(threads));
      continue;
    }
    const cpu = process.cpuUsage();
    const took: number[] = [];
    // One after the other, as in training: after a rest a short step finds nothing in the caches.
    for (let all = 0; all < 50; all += took.at(-1)!) {
      const start = performance.now();
      if (request === 'step') await learner.step(batch);
      else await learner.scores(batch, 'upper-bound');
      took.push(performance.now() - start);
    }
    const { user, system } = process.cpuUsage(cpu);
    say({
      milliseconds: median(took),
      cpu: (user + system) / 1e3 / took.length,
      peak: process.resourceUsage().maxRSS / 1024,
    });
  }
  process.exit(0);
}

const say = (value: unknown): void => console.log(JSON.stringify(value));

/** What a large matrix product reaches in the same runtime, GFLOP/s. */
async function matrixGflops(threads: number, n = 2048): Promise<number> {
  const inputs = { a: { shape: [n, n] }, b: { shape: [n, n] } };
  const product = compile(({ a, b }) => ({ c: tf.matMul(a, b).max() }), inputs, { threads });
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
