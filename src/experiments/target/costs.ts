import type { Around, Work } from './work.ts';

/** Seconds of a piece of work on n samples: fixed + n · each; and how many more the first one takes. */
export interface Cost {
  readonly fixed: number;
  readonly each: number;
  readonly first: number;
}

/** What the parts of a run of a workload take, measured once while the machine does nothing else. */
export interface WorkloadCosts {
  /** Making the learner, which compiles. */
  readonly make: number;
  /** Fetching one sample. */
  readonly fetch: number;
  /** What a step by the method takes beside the work of the learner and fetching: uniform, and by importance. */
  readonly overhead: { readonly uniform: number; readonly importance: number };
  /** A kind that is missing was not seen: it counts as a step, or as a score and a step. */
  readonly work: { readonly [work in Work]?: Cost };
}

/** A clock of what was done instead of what the machine took for it: the same run, the same time. */
export class CountedTime {
  private total = 0;
  private readonly done = new Set<Work>();

  constructor(private readonly costs: WorkloadCosts) {}

  /** Seconds since the beginning. */
  readonly now = (): number => this.total;

  add(seconds: number): void {
    this.total += seconds;
  }

  fetched(samples: number): void {
    this.total += samples * this.costs.fetch;
  }

  /** Lets the time of a piece of work pass. */
  readonly around: Around = async (work, samples, call) => {
    const result = await call();
    // A refused iteration has done nothing.
    if (typeof result === 'object' && result !== null && 'why' in result) return result;
    const { fixed, each, first } = this.cost(work);
    this.total += fixed + samples * each + (this.done.has(work) ? 0 : first);
    this.done.add(work);
    return result;
  };

  private cost(work: Work): Cost {
    const { step, score, gradient, iterate } = this.costs.work;
    const none = { fixed: 0, each: 0, first: 0 };
    return { step, score: score ?? step, gradient: gradient ?? step, iterate: iterate ?? step }[work] ?? none;
  }
}

/** A line through the lower quartiles of timings by number of samples: what else the machine does makes them longer only. */
export function costOf(timings: readonly { readonly samples: number; readonly seconds: number }[]): Cost {
  const sizes = [...new Set(timings.map(({ samples }) => samples))].sort((a, b) => a - b);
  const points = sizes.map((samples) => {
    const sorted = timings
      .filter((timing) => timing.samples === samples)
      .map(({ seconds }) => seconds)
      .sort((a, b) => a - b);
    return { samples, seconds: sorted[sorted.length >> 2], count: sorted.length };
  });
  const known = points.filter(({ count }) => count >= 3);
  const [low, high] = [known[0] ?? points[0], known.at(-1) ?? points[0]];
  const slope = high.samples > low.samples ? (high.seconds - low.seconds) / (high.samples - low.samples) : 0;
  // One size alone: all of it counts by the sample. Noise can make more samples quicker, or fewer than none take time.
  const each = high.samples > low.samples ? Math.max(0, slope) : low.seconds / low.samples;
  const fixed = Math.max(0, low.seconds - each * low.samples);
  const { samples, seconds } = timings[0];
  return { fixed, each, first: Math.max(0, seconds - fixed - each * samples) };
}
