/** What was measured on this machine, in seconds and bytes. */
export interface Costs {
  /** Seconds of steps of one process: workers draw theirs from these, so that the slowest of many is waited for. */
  readonly steps: readonly number[];
  /** Parameters of the model. */
  readonly parameters: number;
  /** Bytes a second through the server, written and read. */
  readonly bandwidth: number;
  /** Seconds of a round trip. */
  readonly roundTrip: number;
  /** Numbers a second that whoever leads decodes and adds up. */
  readonly adding: number;
}

/**
 * Rounds of W workers, K steps each, in events: a worker's contribution queues at the server behind those that came before;
 * whoever leads fetches and adds it as it is there; the outcome is written once and read by each. @returns how many times as
 * many samples a second as one process trains on.
 */
export function speedup(workers: number, every: number, costs: Costs, rounds = 20, uniform: () => number): number {
  const { steps, parameters, bandwidth, roundTrip, adding } = costs;
  const transfer = (4 * parameters) / bandwidth;
  const draw = () => steps[Math.floor(uniform() * steps.length)];
  const mean = steps.reduce((a, b) => a + b) / steps.length;
  let now = 0;
  for (let round = 0; round < rounds; round++) {
    const ready = Array.from({ length: workers }, () => {
      // Of many steps the sum is near its mean; a hundred draws stand for it.
      const drawn = Math.min(every, 100);
      let sum = 0;
      for (let k = 0; k < drawn; k++) sum += draw();
      return now + (sum * every) / drawn + roundTrip;
    }).sort((a, b) => a - b);
    // One of them leads, whose own part goes nowhere.
    let server = now;
    let leader = ready[0];
    for (const at of ready.slice(1)) {
      server = Math.max(server, at) + transfer;
      server += transfer;
      leader = Math.max(leader, server) + parameters / adding;
    }
    server = Math.max(server, leader) + transfer + roundTrip;
    now = server + (workers - 1) * transfer;
  }
  return (workers * every * rounds * mean) / now;
}

/** Seconds until W workers have scored N samples once, and until the master has fetched their scores. */
export function refresh(
  workers: number,
  samples: number,
  scoresPerSecond: number,
  costs: Costs,
  readPerSecond: number,
) {
  const scoring = samples / (workers * scoresPerSecond);
  // 4 bytes a score in, 4 out, and 32 a range of 512.
  const server = (2 * samples * (4 + 32 / 512)) / costs.bandwidth;
  const reading = samples / readPerSecond;
  return { scoring, server, reading, all: Math.max(scoring, server, reading) };
}
