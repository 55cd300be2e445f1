/**
 * `npm run bench -- cluster`: what sharing scores costs on one machine, with two workers of one thread each. `cluster target`:
 * the time to a test error, beside stored scores. `cluster --simulate`: for how many workers and which K training together
 * pays, by the costs of this machine.
 */
import { spawn } from 'node:child_process';
import { startServer } from '../../src/cluster/server.ts';
import { endsWithParent } from '../../src/ends-with-parent.ts';
import { Random } from '../../src/sampling/random.ts';
import { costs, idleMaster, loneLoop, masterStep, type Rate, readScores, samples, worker } from './measure.ts';
import { refresh, speedup } from './simulation.ts';
import { targetWords, targetWorker, toTarget } from './target.ts';

const variable = 'UNEQUAL_BENCH_CLUSTER';
const seconds = 6;

const roles: { readonly [role: string]: (url: string, run: string) => Promise<unknown> } = {
  target: targetWorker,
  lone: () => loneLoop(seconds),
  worker: (url) => worker(url, 'rate', seconds),
  master: (url) => idleMaster(url, 'rate', seconds + 24),
};

/** Such a process on one core, where the system can bind it to one. */
function inOwnProcess(role: string, url: string, core: number, run = 'rate'): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const words = [process.execPath, ...endsWithParent, ...process.argv.slice(1)];
    const [program, ...rest] = process.platform === 'linux' ? ['taskset', '-c', `${core}`, ...words] : words;
    const child = spawn(program, rest, {
      env: { ...process.env, [variable]: `${role} ${url} ${run}` },
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    });
    let output = '';
    child.stdout!.on('data', (text) => {
      output += text;
    });
    child.on('close', (code) => {
      if (code === 0) resolve(JSON.parse(output.trim().split('\n').at(-1)!));
      else reject(new Error(`${role} ended with ${code}: ${output}`));
    });
  });
}

interface Options {
  json: boolean;
  only?: string;
  simulate?: boolean;
  seconds?: number;
  seeds?: number;
}

export default async function cluster({ json, only, simulate, seconds: each = 10, seeds = 2 }: Options): Promise<void> {
  const inChild = process.env[variable];
  if (inChild !== undefined) {
    const [role, url, run] = inChild.split(' ');
    console.log(JSON.stringify(await roles[role](url, run)));
    process.exit(0);
  }
  const server = await startServer();
  try {
    const { url } = server;
    if (only === 'target') {
      const all = await toTarget(url, seeds, each, (run) => inOwnProcess('target', url, 1, run));
      console.log(json ? JSON.stringify(all) : targetWords(all));
    } else if (simulate) await simulated(server.url, json);
    else await measured(server.url, json);
  } finally {
    await server.stop();
  }
}

async function measured(url: string, json: boolean): Promise<void> {
  const rateOf = (role: string, core: number) => inOwnProcess(role, url, core) as Promise<Rate>;
  const lone = await rateOf('lone', 0);
  const side = await Promise.all([0, 1].map((core) => rateOf('lone', core)));
  const [, ...workers] = await Promise.all([
    inOwnProcess('master', url, 1),
    ...[0, 1].map((core) => rateOf('worker', core)),
  ]);
  const step = await masterStep(url, 400);
  const read = await readScores(url);
  const results = { lone, side, workers, step, read };
  if (json) return console.log(JSON.stringify(results));
  const rate = ({ perSecond }: Rate) => `${Math.round(perSecond)} scores/s`;
  const ratio = (of: keyof Rate, a: Rate, b: Rate) => (a[of] / b[of]).toFixed(3);
  console.log(`a lone scoring loop          ${rate(lone)}; two side by side ${side.map(rate).join(', ')}`);
  for (const [k, one] of workers.entries()) {
    console.log(
      `worker ${k + 1} of 2                ${rate(one)}: ${ratio('perSecond', one, lone)} of a lone loop, ${ratio('perSecond', one, side[k])} of one beside ` +
        `another; by its own processor time ${ratio('perProcessorSecond', one, lone)} and ${ratio('perProcessorSecond', one, side[k])}`,
    );
  }
  console.log(
    `a step of the master         ${step.with.toFixed(3)} ms; with a store nowhere ${step.without.toFixed(3)}: ${(step.with / step.without).toFixed(3)}`,
  );
  console.log(
    `${samples} scores fetched       ${read.fetched.toFixed(2)} ms; and ready to draw by ${read.known.toFixed(2)} ms`,
  );
}

/** Networks by their parameters and by how many times as long their step takes as the one measured. */
const nets = [
  { name: 'the MLP that is measured', parameters: 1, step: 1 },
  { name: 'WRN-28-2 (1.5 M parameters, 1.2 s a step)', parameters: 1.5e6, seconds: 1.2 },
  { name: 'ResNet-50 (25.6 M parameters, 60 s a step)', parameters: 25.6e6, seconds: 60 },
] as const;

async function simulated(url: string, json: boolean): Promise<void> {
  const own = await costs(url);
  const { perSecond: rate } = await loneLoop(2);
  const { known } = await readScores(url);
  const random = new Random(1);
  const mean = own.steps.reduce((a, b) => a + b) / own.steps.length;
  const sizes = [8, 16, 32, 64, 128, 256, 512, 1_000];
  const rounds = [1, 10, 100, 1_000];
  const tables = nets.map((net) => {
    const factor = 'seconds' in net ? net.seconds / mean : 1;
    const parameters = 'seconds' in net ? net.parameters : own.parameters;
    const it = { ...own, parameters, steps: own.steps.map((one) => one * factor) };
    const rows = sizes.map((size) => rounds.map((every) => speedup(size, every, it, 20, () => random.uniform())));
    return { name: net.name, parameters, rows };
  });
  const refreshes = sizes.map((size) => refresh(size, 1e9, rate, own, samples / (known / 1e3)));
  if (json) return console.log(JSON.stringify({ ...own, steps: mean, rate, known, tables, refreshes }));
  console.log(
    `measured: a step ${(1e3 * mean).toFixed(2)} ms, ${Math.round(rate)} scores/s, a round trip ${(1e3 * own.roundTrip).toFixed(2)} ms, ` +
      `${(own.bandwidth / 1e6).toFixed(0)} MB/s through the server, ${(own.adding / 1e6).toFixed(0)} M numbers/s decoded and added`,
  );
  for (const { name, parameters, rows } of tables) {
    console.log(
      `\n${name}: ${((8 * parameters) / 1e6).toFixed(1)} MB a worker and round. Times as many samples a second as alone:`,
    );
    console.log(`${'W'.padStart(6)}${rounds.map((every) => `K = ${every}`.padStart(12)).join('')}`);
    for (const [k, row] of rows.entries()) {
      console.log(
        `${`${sizes[k]}`.padStart(6)}${row.map((value) => `${value.toFixed(value < 10 ? 2 : 0)}`.padStart(12)).join('')}`,
      );
    }
  }
  console.log(
    '\n10⁹ samples, all scored once (hours): by the workers, through the server, into the master; the slowest counts',
  );
  for (const [k, { scoring, server, reading, all }] of refreshes.entries()) {
    const hours = (value: number) => (value / 3_600).toFixed(2).padStart(10);
    console.log(`${`${sizes[k]}`.padStart(6)}${[scoring, server, reading, all].map(hours).join('')}`);
  }
}
