/**
 * `npm run bench -- <name> [net] [--json]`, and for to-loss `[--seconds s] [--seeds n] [--threads n] [--decay]`: what is
 * claimed is measured here, against peers where they are installed.
 */
import { parseArgs } from 'node:util';

interface Options {
  json: boolean;
  only?: string;
  /** Of training, for each run. */
  seconds?: number;
  seeds?: number;
  /** Of each side. */
  threads?: number;
  /** Whether the learning rate falls. */
  decay: boolean;
}

type Bench = (options: Options) => Promise<void>;

const benches: Readonly<Record<string, () => Promise<{ default: Bench }>>> = {
  step: () => import('./step.ts'),
  overhead: () => import('./overhead.ts'),
  'to-loss': () => import('./to-loss.ts'),
  'sum-tree': () => import('./sum-tree.ts') as never,
  wasm: () => import('./wasm.ts'),
};

const { values, positionals } = parseArgs({
  options: {
    json: { type: 'boolean' },
    seconds: { type: 'string' },
    seeds: { type: 'string' },
    threads: { type: 'string' },
    decay: { type: 'boolean' },
  },
  allowPositionals: true,
});
const [name, only] = positionals;
const load = benches[name ?? ''];
if (!load) {
  console.error(`no such bench: got ${name ?? 'nothing'}, expected one of ${Object.keys(benches).join(', ')}`);
  process.exitCode = 2;
} else {
  const { json = false, decay = false } = values;
  const number = (text: string | undefined) => (text === undefined ? undefined : Number(text));
  const { seconds, seeds, threads } = values;
  const options = { json, only, decay, seconds: number(seconds), seeds: number(seeds), threads: number(threads) };
  await (await load()).default(options);
}
