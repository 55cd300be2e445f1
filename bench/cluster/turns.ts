import type { ChildProcess } from 'node:child_process';

/** Scores a second, and a second of processor time that the process took: what others on its core take does not count there. */
export interface Rate {
  readonly perSecond: number;
  readonly perProcessorSecond: number;
}

/** Milliseconds within which several ranges are given at once. */
const atOnce = 2;

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

  /** Between two moments. */
  rate(from: number, until: number): Rate {
    // A worker gives the scores of several ranges at once: what was scored until then is what the last of these says.
    const isLast = (line: number[], k: number) => !(this.lines[k + 1]?.[0] - line[0] < atOnce);
    const within = this.lines.filter(isLast).filter(([at]) => at > from && at < until);
    const [first, last] = [within[0], within.at(-1)!];
    if (!(within.length > 2)) throw new Error(`scores were given ${within.length} times in a turn`);
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

/** Processes that run at the same time. */
export interface Group {
  readonly scoring: readonly Scoring[];
  /** What is there too, and not measured. */
  readonly beside: readonly ChildProcess[];
}

/**
 * Groups of processes in turns, each started for its turn and killed after it: these machines change their speed from one
 * minute to the next.
 *
 * @returns for each round and each group the rates of its processes.
 */
export async function inTurns(
  starts: readonly ((round: number) => Group)[],
  rounds: number,
  milliseconds: number,
): Promise<Rate[][][]> {
  const rates: Rate[][][] = [];
  for (let round = 0; round < rounds; round++) {
    rates.push([]);
    for (const start of starts) {
      const { scoring, beside } = start(round);
      try {
        for (const one of scoring) await one.warm();
        const from = Date.now();
        await wait(milliseconds);
        rates[round].push(scoring.map((one) => one.rate(from, from + milliseconds)));
      } finally {
        for (const child of [...scoring.map((one) => one.child), ...beside]) child.kill('SIGKILL');
      }
    }
  }
  return rates;
}

const wait = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));
