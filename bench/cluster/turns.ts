import type { ChildProcess } from 'node:child_process';

/** Scores a second, and a second of processor time that the process took: what others on its core take does not count there. */
export interface Rate {
  readonly perSecond: number;
  readonly perProcessorSecond: number;
}

/** Something that scores, in a process of its own, and says after every range how many samples it has scored. */
export class Scoring {
  private lines: number[][] = [];

  constructor(readonly child: ChildProcess) {
    let rest = '';
    child.stdout!.setEncoding('utf8').on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop()!;
      for (const line of lines) this.lines.push(line.split(' ').map(Number));
    });
  }

  /** Until it is at work. */
  async warm(): Promise<void> {
    while (this.lines.length < 10) {
      if (this.child.exitCode !== null) throw new Error(`a scoring process ended with ${this.child.exitCode}`);
      await wait(50);
    }
  }

  /** Between two moments, leaving out the range during which it was let go on. */
  rate(from: number, until: number): Rate {
    const within = this.lines.filter(([at]) => at > from && at < until);
    this.lines = [];
    const [first, last] = [within[0], within.at(-1)!];
    if (!(within.length > 2)) throw new Error(`${within.length} ranges in a turn`);
    const count = last[1] - first[1];
    return {
      perSecond: (1e3 * count) / (last[0] - first[0]),
      perProcessorSecond: (1e6 * count) / (last[2] - first[2]),
    };
  }
}

/** What such a process prints after a range: when, how many samples until then, microseconds of processor time. */
export function say(samples: number): void {
  const { user, system } = process.cpuUsage();
  process.stdout.write(`${performance.timeOrigin + performance.now()} ${samples} ${user + system}\n`);
}

/**
 * Groups of processes in turns, all others stopped meanwhile: these machines change their speed from one second to the next.
 *
 * @returns for each round and each group the rates of its processes.
 */
export async function inTurns(
  groups: readonly { readonly scoring: readonly Scoring[]; readonly beside: readonly ChildProcess[] }[],
  rounds: number,
  milliseconds: number,
): Promise<Rate[][][]> {
  const all = (signal: NodeJS.Signals, { scoring, beside }: (typeof groups)[number]) => {
    for (const child of [...scoring.map((one) => one.child), ...beside]) child.kill(signal);
  };
  for (const group of groups) for (const one of group.scoring) await one.warm();
  for (const group of groups) all('SIGSTOP', group);
  const rates: Rate[][][] = [];
  for (let round = 0; round < rounds; round++) {
    rates.push([]);
    for (const group of groups) {
      all('SIGCONT', group);
      const from = Date.now() + milliseconds / 5;
      await wait(1.2 * milliseconds);
      const until = Date.now();
      all('SIGSTOP', group);
      // What has been printed arrives.
      await wait(20);
      rates[round].push(group.scoring.map((one) => one.rate(from, until)));
    }
  }
  for (const group of groups) all('SIGKILL', group);
  return rates;
}

const wait = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));
