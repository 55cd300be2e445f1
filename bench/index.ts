/**
 * `npm run bench -- <name> [net] [--json]`, for to-loss `[--seconds s] [--seeds n] [--decay]`, for guard,
 * beside, checks, samples, device and input `[--rounds n]`, for cluster `[--simulate]`: what is claimed is measured here, against
 * peers where they are installed.
 */
import { parseArgs } from 'node:util';

interface Options {
  json: boolean;
  only?: string;
  /** Of training, for each run. */
  seconds?: number;
  seeds?: number;
  /** Times that each thing is measured. */
  rounds?: number;
  /** Whether the learning rate falls. */
  decay: boolean;
  /** Of cluster: whether to simulate many machines. */
  simulate: boolean;
}

type Bench = (options: Options) => Promise<void>;

const benches: Readonly<Record<string, () => Promise<{ default: Bench }>>> = {
  step: () => import('./step.ts'),
  overhead: () => import('./overhead.ts'),
  guard: () => import('./guard.ts'),
  beside: () => import('./beside.ts'),
  checks: () => import('./checks.ts'),
  samples: () => import('./samples.ts'),
  device: () => import('./device.ts'),
  'to-loss': () => import('./to-loss.ts'),
  'sum-tree': () => import('./sum-tree.ts') as never,
  input: () => import('./input.ts'),
  scale: () => import('./scale.ts'),
  cluster: () => import('./cluster/index.ts'),
  wasm: () => import('./wasm.ts'),
};

const { values, positionals } = parseArgs({
  options: {
    json: { type: 'boolean' },
    seconds: { type: 'string' },
    seeds: { type: 'string' },
    rounds: { type: 'string' },
    decay: { type: 'boolean' },
    simulate: { type: 'boolean' },
  },
  allowPositionals: true,
});
const [name, only] = positionals;
const load = benches[name ?? ''];
if (!load) {
  console.error(`no such bench: got ${name ?? 'nothing'}, expected one of ${Object.keys(benches).join(', ')}`);
  process.exitCode = 2;
} else {
  const { json = false, decay = false, simulate = false } = values;
  const number = (text: string | undefined) => (text === undefined ? undefined : Number(text));
  const counts = {
    seconds: number(values.seconds),
    seeds: number(values.seeds),
    rounds: number(values.rounds),
  };
  await (await load()).default({ json, only, decay, simulate, ...counts });
}
