/**
 * A training step and a forward pass, each side at its best: PyTorch in each of its settings (see bench/pytorch.ts) and
 * memory formats, the compiled step at one and two threads, the eager wasm backend. Each setting is a process of its own.
 * They take turns of as many passes as 50 ms have room for, so that the machine's moods are shared; the lowest median of a side is its
 * best.
 */
import { cpus } from 'node:os';
import { median } from './median.ts';
import { type Net, nets } from './nets.ts';
import { type Greeting, serve, startOurs } from './ours.ts';
import { type Peer, rest } from './peer.ts';
import { PyTorch } from './pytorch.ts';

type Pass = 'step' | 'forward';
const passes: readonly Pass[] = ['step', 'forward'];
type SideName = 'compiled' | 'eager' | 'PyTorch';

interface Answer {
  readonly milliseconds: number;
  /** Processor time of all threads, ms. */
  readonly cpu: number;
  /** Peak resident memory of the process, MB. */
  readonly peak: number;
}

/** A side in a setting. */
interface Contender {
  readonly side: SideName;
  readonly setting: string;
  readonly threads: number;
  ask(pass: Pass): Promise<Answer>;
  readonly answers: Record<Pass, Answer[]>;
}

/** Medians, ms and MB. */
interface Measured {
  readonly side: SideName;
  readonly setting: string;
  readonly step: number | null;
  readonly forward: number | null;
  readonly peak: number;
}

interface Row {
  readonly net: string;
  readonly machine: string;
  readonly date: string;
  readonly measured: readonly Measured[];
  readonly compileSeconds: number;
  readonly graphMegabytes: number;
  /** Bytes of a step: what it moves and what it must. */
  readonly moved: number;
  readonly needed: number;
  /** Floating-point operations of a step against those a large matrix product does in its time. */
  readonly shareOfPeak: number;
}

export default async function step({ json, only }: { json: boolean; only?: string }): Promise<void> {
  if (await serve()) return;
  const rows: Row[] = [];
  for (const net of nets) {
    if (only !== undefined && !net.net.toLowerCase().includes(only.toLowerCase())) continue;
    const row = await measure(net);
    rows.push(row);
    if (!json) print(row);
  }
  if (json) console.log(JSON.stringify(rows));
}

async function measure({ net, batch, rounds }: Net): Promise<Row> {
  const contenders: Contender[] = [];
  const ours: Peer<Greeting>[] = [];
  const stops: (() => void)[] = [];
  const enter = (side: SideName, setting: string, threads: number, ask: Contender['ask']) =>
    contenders.push({ side, setting, threads, ask, answers: { step: [], forward: [] } });
  for (const threads of [1, 2]) {
    const peer = await startOurs({ net, engine: 'compiled', threads });
    if ('error' in peer.greeting) throw new Error(peer.greeting.error);
    ours.push(peer);
    stops.push(() => peer.stop());
    enter('compiled', `${threads} thread${threads > 1 ? 's' : ''}`, threads, (pass) => peer.ask(pass));
  }
  const pytorches = await PyTorch.startAll('bench/pytorch_step.py', () => []);
  for (const pytorch of pytorches) {
    stops.push(() => pytorch.stop());
    for (const format of ['contiguous', 'channels_last']) {
      const { images } = await pytorch.ask<{ images: boolean }>(`net ${format} ${batch} ${net}`);
      if (format === 'channels_last' && !images) continue;
      const setting = images ? `${pytorch.name}, ${format}` : pytorch.name;
      enter('PyTorch', setting, pytorch.setting.threads, (pass) => pytorch.ask(`${pass} ${format}`));
    }
  }
  // The first two rounds warm all sides up, and show which settings are far behind in both passes.
  for (let round = -2; round < rounds; round++) {
    for (const pass of passes) {
      for (const { ask, answers } of contenders) {
        const answer = await ask(pass);
        if (round === -1 || round === 0) answers[pass].length = 0;
        answers[pass].push(answer);
        await rest();
      }
    }
    if (round === -1) contenders.splice(0, contenders.length, ...contenders.filter((one) => !behind(one, contenders)));
  }
  const gflops = Math.max(...(await inTurn(ours, (peer) => peer.ask<number>('gflops'))));
  for (const stop of stops) stop();
  const { compileSeconds, graphMegabytes, operations, traffic } = ours[1].greeting as Greeting;
  const measured = [...contenders.map(summary), ...(await eager(net))];
  const compiled = best(measured, 'compiled', 'step')!.step!;
  return {
    net,
    machine: `${cpus().length} × ${cpus()[0].model.trim()}`,
    date: new Date().toISOString().slice(0, 10),
    measured,
    ...{ compileSeconds, graphMegabytes },
    ...traffic[0],
    shareOfPeak: operations / (compiled * 1e6) / gflops,
  };
}

const behind = ({ side, answers }: Contender, all: readonly Contender[]): boolean =>
  passes.every((pass) => {
    const times = all.filter((one) => one.side === side).map((one) => one.answers[pass][0].milliseconds);
    return answers[pass][0].milliseconds > 3 * Math.min(...times);
  });

async function inTurn<T, R>(all: readonly T[], f: (one: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (const one of all) results.push(await f(one));
  return results;
}

function summary({ side, setting, answers }: Contender): Measured {
  const middle = (pass: Pass) => median(answers[pass].map(({ milliseconds }) => milliseconds)) ?? null;
  const peak = Math.max(...passes.flatMap((pass) => answers[pass].map(({ peak }) => peak)));
  return { side, setting, step: middle('step'), forward: middle('forward'), peak };
}

/** The eager learner on wasm: one step is taken as it is if it is long, else the median of three after it. */
async function eager(net: string): Promise<Measured[]> {
  const peer = await startOurs({ net, engine: 'eager', threads: 1 });
  const answers: Answer[] = [];
  for (let round = 0; round < 4 && (answers[0]?.milliseconds ?? 0) < 5e3; round++) {
    answers.push(await peer.ask<Answer>('step'));
  }
  peer.stop();
  const timed = answers.length > 1 ? answers.slice(1) : answers;
  const step = median(timed.map(({ milliseconds }) => milliseconds));
  return [{ side: 'eager', setting: 'wasm', step, forward: null, peak: answers.at(-1)!.peak }];
}

function best(measured: readonly Measured[], side: SideName, pass: Pass): Measured | undefined {
  const of = measured.filter((one) => one.side === side && one[pass] !== null);
  return of.sort((a, b) => a[pass]! - b[pass]!)[0];
}

function print({
  net,
  machine,
  date,
  measured,
  compileSeconds,
  graphMegabytes,
  moved,
  needed,
  shareOfPeak,
}: Row): void {
  const number = (x: number | null) => (x === null ? '–' : x.toFixed(x < 20 ? 2 : 0)).padStart(8);
  console.log(`\n${net} (${machine}, ${date})`);
  console.log('  ms      step forward  MB peak');
  for (const { side, setting, step, forward, peak } of measured) {
    console.log(`    ${number(step)}${number(forward)}${number(peak)}  ${side}, ${setting}`);
  }
  for (const pass of passes) {
    const [ours, theirs] = [best(measured, 'compiled', pass), best(measured, 'PyTorch', pass)];
    if (!ours || !theirs) continue;
    const ratio = (ours[pass]! / theirs[pass]!).toFixed(2);
    console.log(`  ${pass}: ${ratio} × PyTorch at its best (ours: ${ours.setting}; ${theirs.setting})`);
  }
  console.log(
    `  compiled in ${compileSeconds.toFixed(2)} s, ${graphMegabytes.toFixed(2)} MB; ${(100 * shareOfPeak).toFixed(0)} % of peak;` +
      ` a step moves ${(moved / 1e6).toFixed(0)} MB, products and weights alone ${(needed / 1e6).toFixed(0)} MB`,
  );
}
