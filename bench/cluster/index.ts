/**
 * `npm run bench -- cluster`: what sharing scores costs on one machine, with two workers of one thread each. `cluster target`:
 * the time to a test error, beside stored scores. `cluster --simulate`: for how many workers and which K training together
 * pays, by the costs of this machine.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { startServer } from '../../src/cluster/server.ts';
import { endsWithParent } from '../../src/ends-with-parent.ts';
import { Random } from '../../src/sampling/random.ts';
import { median } from '../median.ts';
import { costs, idleMaster, loneLoop, masterStep, readScores, samples, worker } from './measure.ts';
import { refresh, speedup } from './simulation.ts';
import { targetWords, targetWorker, toTarget } from './target.ts';
import { inTurns, type Rate, Scoring, say } from './turns.ts';

const variable = 'UNEQUAL_BENCH_CLUSTER';
/** Turns of lone loops and of workers, and milliseconds of each. */
const [rounds, turn] = [6, 5_000];

const roles: { readonly [role: string]: (url: string, run: string) => Promise<unknown> } = {
  target: targetWorker,
  lone: () => loneLoop(Infinity, say),
  worker: (url, run) => worker(url, run, say),
  master: idleMaster,
};

/** Such a process on one core, where the system can bind it to one. */
function startRole(role: string, url: string, core: number, run = 'none'): ChildProcess {
  const words = [process.execPath, ...endsWithParent, ...process.argv.slice(1)];
  const [program, ...rest] = process.platform === 'linux' ? ['taskset', '-c', `${core}`, ...words] : words;
  return spawn(program, rest, {
    env: { ...process.env, [variable]: `${role} ${url} ${run}` },
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
}

/** What a process says at its end. */
function resultOf(child: ChildProcess): Promise<unknown> {
  return new Promise((resolve, reject) => {
    let output = '';
    child.stdout!.on('data', (text) => {
      output += text;
    });
    child.on('close', (code) => {
      if (code === 0) resolve(JSON.parse(output.trim().split('\n').at(-1)!));
      else reject(new Error(`a process ended with ${code}: ${output}`));
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
      const all = await toTarget(url, seeds, each, (run) => resultOf(startRole('target', url, 1, run)));
      console.log(json ? JSON.stringify(all) : targetWords(all));
    } else if (simulate) await simulated(server.url, json);
    else await measured(server.url, json);
  } finally {
    await server.stop();
  }
}

async function measured(url: string, json: boolean): Promise<void> {
  const scoring = (role: string, core: number, run?: string) => new Scoring(startRole(role, url, core, run));
  const turns = [
    () => ({ scoring: [scoring('lone', 0)], beside: [] }),
    () => ({ scoring: [0, 1].map((core) => scoring('lone', core)), beside: [] }),
    // A run of its own each time: the one before was not ended.
    (round: number) => ({
      scoring: [0, 1].map((core) => scoring('worker', core, `rate-${round}`)),
      beside: [startRole('master', url, 1, `rate-${round}`)],
    }),
  ];
  const all = (await inTurns(turns, rounds, turn)).map(([[lone], side, workers]) => ({ lone, side, workers }));
  const step = await masterStep(url, 400);
  const read = await readScores(url);
  if (json) return console.log(JSON.stringify({ rounds: all, step, read }));
  const rate = (rates: readonly Rate[]) => `${Math.round(median(rates.map((one) => one.perSecond)))} scores/s`;
  console.log(`medians of ${rounds} turns`);
  console.log(`a lone scoring loop          ${rate(all.map(({ lone }) => lone))}`);
  for (const core of [0, 1]) {
    const ratios = (of: keyof Rate, other: (one: (typeof all)[number]) => Rate) => {
      const sorted = all.map((one) => one.workers[core][of] / other(one)[of]).sort((a, b) => a - b);
      return `${median(sorted).toFixed(2)} (${sorted[0].toFixed(2)} to ${sorted.at(-1)!.toFixed(2)})`;
    };
    const words =
      core === 0 ? 'a worker on a core of its own' : 'a worker that shares its core with the master and the server';
    console.log(`${words}: ${rate(all.map(({ workers }) => workers[core]))}`);
    for (const [what, other] of [
      ['a lone loop', ({ lone }) => lone],
      ['one beside another', ({ side }) => side[core]],
    ] as const satisfies readonly (readonly [string, (one: (typeof all)[number]) => Rate])[]) {
      console.log(
        `  of ${what.padEnd(20)} ${ratios('perSecond', other)}; by its own processor time ${ratios('perProcessorSecond', other)}`,
      );
    }
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
  const rate = await loneLoop(2);
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
