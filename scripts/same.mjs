// Trains programs put together at random by `fit` and by `model.fit`: npm run same -- --runs 20000 --seed 7
import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';

const { values } = parseArgs({ options: { runs: { type: 'string' }, seed: { type: 'string' } } });
const seed = values.seed ?? String(Math.floor(Math.random() * 1e6));
console.error(`seed ${seed}`);
const { status } = spawnSync('npx', ['vitest', 'run', 'test/same/random'], {
  stdio: 'inherit',
  env: { ...process.env, SAME_RUNS: values.runs ?? '1000', SAME_SEED: seed },
});
process.exit(status ?? 1);
