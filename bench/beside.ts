/**
 * Small programs of people's kinds with `fit` in place of `model.fit`: seconds and processor time of their training, all compiling
 * included. Each run is a process of its own, from a cold start; the sides take turns, and medians are compared. Both sides have
 * TensorFlow.js's `cpu` and `wasm` backends to choose from, and are compared at their better one.
 */
import { execFileSync } from 'node:child_process';
import * as tf from '@tensorflow/tfjs';
import { fit } from '../src/fit/fit.ts';
import { importance } from '../src/methods/importance/importance.ts';
import { uniform } from '../src/methods/uniform.ts';
import { useWasm } from '../test/support/wasm.ts';
import { median } from './median.ts';
import { programs } from './people.ts';

const sides = ['model.fit', 'uniform', 'importance'] as const;
type Side = (typeof sides)[number];
const backends = ['cpu', 'wasm'] as const;

interface Run {
  readonly program: string;
  readonly side: Side;
  readonly backend: (typeof backends)[number];
}

/** Of one run, or medians. */
interface Seconds {
  readonly wall: number;
  /** Of all threads. */
  readonly processor: number;
}

const variable = 'UNEQUAL_BENCH_BESIDE';

export default async function beside(options: { json: boolean; only?: string; rounds?: number }): Promise<void> {
  const mine = process.env[variable];
  if (mine !== undefined) return console.log(JSON.stringify(await train(JSON.parse(mine))));
  const { json, only = '', rounds = 5 } = options;
  const rows = [];
  for (const { name: program } of programs) {
    if (!program.includes(only)) continue;
    const runs = sides.flatMap((side) => backends.map((backend): Run => ({ program, side, backend })));
    const times = runs.map((): Seconds[] => []);
    for (let round = 0; round < rounds; round++) for (const [k, run] of runs.entries()) times[k].push(started(run));
    const best = (side: Side) =>
      runs
        .map((run, k) => ({ ...run, ...medians(times[k]) }))
        .filter((one) => one.side === side)
        .reduce((a, b) => (b.wall < a.wall ? b : a));
    const row = { program, plain: best('model.fit'), uniform: best('uniform'), importance: best('importance') };
    rows.push(row);
    if (!json) print(row);
  }
  if (json) console.log(JSON.stringify(rows));
}

type Best = Run & Seconds;

function print({ program, plain, ...ours }: { program: string; plain: Best; uniform: Best; importance: Best }): void {
  const of = (side: 'uniform' | 'importance') => {
    const { wall, processor, backend } = ours[side];
    const ratio = (wall / plain.wall).toFixed(2);
    return `${side} ${wall.toFixed(2)} s on ${backend}, ${ratio} (processor ${(processor / plain.processor).toFixed(2)})`;
  };
  console.log(
    `${program.padEnd(40)} model.fit ${plain.wall.toFixed(2)} s on ${plain.backend}; ${of('uniform')}; ${of('importance')}`,
  );
}

const medians = (times: readonly Seconds[]): Seconds => ({
  wall: median(times.map(({ wall }) => wall)),
  processor: median(times.map(({ processor }) => processor)),
});

function started(run: Run): Seconds {
  const env = { ...process.env, [variable]: JSON.stringify(run) };
  const out = execFileSync(process.execPath, process.argv.slice(1), { env, encoding: 'utf8' });
  return JSON.parse(out.trim().split('\n').at(-1)!);
}

async function train({ program, side, backend }: Run): Promise<Seconds> {
  tf.enableProdMode();
  if (backend === 'wasm') await useWasm();
  else await tf.setBackend('cpu');
  const run = programs.find(({ name }) => name === program)!.prepare();
  const method = side === 'uniform' ? uniform : importance;
  const used = process.cpuUsage();
  const start = performance.now();
  await run((model, x, y, options) =>
    side === 'model.fit' ? model.fit(x, y, options) : fit(model, x, y, { ...options, method: method() } as never),
  );
  const wall = (performance.now() - start) / 1e3;
  const { user, system } = process.cpuUsage(used);
  return { wall, processor: (user + system) / 1e6 };
}
