import { rivalOf } from './headline.ts';
import type { BatchSeen, Order, Point, Told } from './messages.ts';
import type { Settings } from './settings.ts';
import { notLoaded, startRunner } from './start-runner.ts';
import type { Made } from './tasks.ts';

/** What is known of one side of a race. */
export interface Side {
  readonly name: string;
  points: Point[];
  batch?: BatchSeen;
  picks: Uint32Array;
  scores: Float32Array;
  /** Whether it was last switched to importance sampling, and why. */
  switched?: { readonly on: boolean; readonly why: string; readonly seconds: number };
  regions?: Uint8Array;
  lines: readonly string[];
  state: 'loading' | 'running' | 'ended' | 'failed';
  message?: string;
}

/** Two workers that train the same network on the same samples, the one uniformly. */
export class Race {
  readonly sides: readonly [method: Side, uniform: Side];
  private readonly workers: readonly Worker[];
  constructor(
    readonly settings: Settings,
    private readonly changed: () => void,
    own?: Made,
  ) {
    this.sides = [side(settings.method), side(rivalOf(settings.method))];
    this.workers = ([settings.method, 'uniform'] as const).map((method, k) => {
      const worker = startRunner();
      worker.onmessage = ({ data }: MessageEvent<Told>) => this.hear(this.sides[k], data);
      worker.onerror = ({ message }) => this.hear(this.sides[k], { type: 'failed', message: message || notLoaded });
      worker.postMessage({ type: 'start', ...settings, method, own } satisfies Order);
      return worker;
    });
  }

  get ended(): boolean {
    return this.sides.every(({ state }) => state === 'ended' || state === 'failed');
  }

  send(order: Order): void {
    for (const worker of this.workers) worker.postMessage(order);
  }

  stop(): void {
    for (const worker of this.workers) worker.terminate();
  }

  private hear(to: Side, told: Told): void {
    if (told.type === 'ready') to.state = 'running';
    else if (told.type === 'point') to.points = [...to.points, told.point];
    else if (told.type === 'switch') to.switched = told;
    else if (told.type === 'regions') to.regions = told.classes;
    else if (told.type === 'batch') Object.assign(to, { batch: told.batch, picks: told.picks, scores: told.scores });
    else if (told.type === 'end') Object.assign(to, { state: 'ended', lines: told.lines });
    else if (told.type === 'failed') Object.assign(to, { state: 'failed', message: told.message });
    this.changed();
  }
}

const side = (name: string): Side => ({
  ...{ name, points: [], picks: new Uint32Array(0), scores: new Float32Array(0), lines: [], state: 'loading' },
});

/** What is shown where nothing races yet. */
export const waiting = [side('importance'), side('uniform')] as const;
