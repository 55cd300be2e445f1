/** `npm run bench -- <name> [net] [--json]`: what is claimed is measured here, against peers where they are installed. */
import { parseArgs } from 'node:util';

type Bench = (options: { json: boolean; only?: string }) => Promise<void>;

const benches: Readonly<Record<string, () => Promise<{ default: Bench }>>> = {
  step: () => import('./step.ts'),
  overhead: () => import('./overhead.ts'),
  'sum-tree': () => import('./sum-tree.ts') as never,
  wasm: () => import('./wasm.ts'),
};

const { values, positionals } = parseArgs({ options: { json: { type: 'boolean' } }, allowPositionals: true });
const [name, only] = positionals;
const load = benches[name ?? ''];
if (!load) {
  console.error(`no such bench: got ${name ?? 'nothing'}, expected one of ${Object.keys(benches).join(', ')}`);
  process.exitCode = 2;
} else {
  await (await load()).default({ json: values.json ?? false, only });
}
