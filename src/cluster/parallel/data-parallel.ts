import { fault } from '../../errors.ts';
import type { Cluster } from '../../fit/team.ts';
import { type Checks, checkedOptions, integer, isPlain } from '../../options.ts';
import { areWorkers, type LocalWorkers, startWorkers } from '../local-workers.ts';
import { checkUrl } from '../redis-client.ts';
import { prefixOf } from '../run-keys.ts';
import { startServer } from '../server.ts';
import { checkPlan } from './check-plan.ts';
import { RunOver } from './follower.ts';
import type { Lead } from './lead.ts';
import type { OuterOptions } from './outer.ts';
import { RedisRounds } from './redis-rounds.ts';
import type { Rounds } from './rounds.ts';
import { ClusterTeam } from './team.ts';

/** A step as a process of the run sees it. */
export interface MemberReport {
  /** How many processes there are. */
  readonly members: number;
  /** Bytes that this one has sent and received since the step before. */
  readonly traffic: number;
  /** Samples of this epoch that all have trained on. */
  readonly done: number;
}

export interface DataParallelOptions {
  /** Address of a server of the Redis protocol. Default: what `UNEQUAL_REDIS` says, or one that is started for the run. */
  url?: string;
  /** Name of the run on the server. Default: what `UNEQUAL_RUN` says, or `'default'`. */
  run?: string;
  /** How many other processes to wait for before the first step, or which to start here. Default 0: they come as they like. */
  workers?: number | LocalWorkers;
  /** K: steps between two rounds. Default 1: every step has the gradient of all members' samples. */
  every?: number;
  /** With K > 1, what is made of the members' parameters. Default `'average'`; `{ rate, momentum }` is DiLoCo's. */
  outer?: OuterOptions;
  /** Seconds after which a member that says nothing is dropped; three of its longest steps, if these are more. Default 10. */
  dropAfter?: number;
  /** Seconds that are waited for other members, or for whoever leads. Default 600. */
  patience?: number;
  /** Never leads: waits for a run to join. Default false: the first process of a run leads it. */
  join?: boolean;
  /** Told of every step, in every process; `onStep` is called by the one that leads. */
  onMember?: (report: MemberReport) => void;
}

const seconds = (option: string, value: unknown): void => {
  if (typeof value === 'number' && value > 0 && value < 1e6) return;
  throw fault({ wrong: `bad ${option}`, got: value, expected: 'a number of seconds > 0' });
};

const checks: Checks<DataParallelOptions> = {
  url: (_, value) => void checkUrl(value),
  run: (_, value) => void prefixOf(value as string),
  workers: (option, value) => {
    if (typeof value === 'number') return integer(0)(option, value);
    if (areWorkers(value)) return;
    throw fault({ wrong: `bad ${option}`, got: value, expected: 'a whole number, or { count, file }' });
  },
  every: integer(1),
  outer: (option, value) => {
    if (value === 'average') return;
    const {
      rate = 0.7,
      momentum = 0.9,
      ...rest
    } = isPlain(value) ? (value as { rate?: number; momentum?: number }) : {};
    const known = isPlain(value) && Object.keys(rest).length === 0;
    if (known && rate > 0 && rate < Infinity && momentum >= 0 && momentum < 1) return;
    throw fault({
      wrong: `bad ${option}`,
      got: value,
      expected: "'average', or { rate, momentum } with rate > 0 and momentum in [0, 1)",
    });
  },
  dropAfter: seconds,
  patience: seconds,
  join: (option, value) => {
    if (typeof value === 'boolean') return;
    throw fault({ wrong: `bad ${option}`, got: value, expected: 'true or false' });
  },
  onMember: (option, value) => {
    if (typeof value === 'function') return;
    throw fault({ wrong: `bad ${option}`, got: value, expected: 'a function' });
  },
};

/**
 * Several processes, on one machine or many, train one model: `fit(model, samples, { cluster: dataParallel() })`. All run the
 * same program; the first leads, the others join it, at any time, and may leave at any time. A batch of b samples in each of W
 * processes is a step on W × b samples. Validation, callbacks, checkpoints and reports are those of the process that leads.
 *
 * With `every: 1` all make the same step, with the gradient of all samples: what one process would do with the large batch, to
 * rounding; but batch normalisation looks at each process's own samples, as it does in other libraries. A loss, a layer or an
 * optimizer that looks at the whole batch in another way is refused. With `every: K` each steps on its own, and every K steps, and
 * at the end of an epoch, all go on from the mean of their parameters, or from DiLoCo's outer step.
 *
 * @example
 * ```ts
 * await fit(model, samples, { epochs: 20, cluster: dataParallel({ run: 'mine', every: 1 }) });
 * ```
 *
 * References: Stich 2019 (local SGD); Douillard et al. 2023 (DiLoCo).
 */
export function dataParallel(options: DataParallelOptions = {}): Cluster {
  return dataParallelOf(options);
}

/** The same, for a process that may have taken the lead before. */
export function dataParallelOf(options: DataParallelOptions, lead?: Lead): Cluster {
  options = checkedOptions('dataParallel', options, checks);
  const { run = process.env.UNEQUAL_RUN ?? 'default', workers = 0 } = options;
  const join = options.join ?? process.env.UNEQUAL_JOIN === '1';
  return teamOver(options, join, async () => {
    const url = options.url ?? process.env.UNEQUAL_REDIS;
    if (url === undefined && join) {
      throw fault({ wrong: 'a worker needs the server of its run', expected: 'url, or UNEQUAL_REDIS' });
    }
    const server = url === undefined ? await startServer() : undefined;
    const address = url ?? server!.url;
    try {
      const store = lead?.handOver() ?? (await RedisRounds.open(address, run));
      const env = { UNEQUAL_JOIN: '1' };
      const children =
        typeof workers === 'object' && !join ? startWorkers(workers, { url: address, run }, env) : undefined;
      const close = async () => {
        await children?.ended(5_000);
        await server?.stop();
      };
      return { store, owner: lead?.owner, close, workerEnd: children?.end };
    } catch (error) {
      await server?.stop();
      throw error;
    }
  });
}

interface Opened {
  readonly store: Rounds;
  /** Who leads, where this process has taken the lead already. */
  readonly owner?: string;
  close(): Promise<void>;
  workerEnd?(): string | undefined;
}

/** The same over any store. */
export function teamOver(options: DataParallelOptions, join: boolean, open: () => Promise<Opened>): Cluster {
  const { every = 1, outer = 'average', dropAfter = 10, patience = 600, workers = 0, onMember } = options;
  if (every === 1 && outer !== 'average') {
    throw fault({
      wrong: 'an outer step of dataParallel without rounds',
      got: 'every: 1',
      expected: 'every > 1, such as 50',
    });
  }
  return {
    name: 'dataParallel',
    options: { every, outer },
    isOver: (error) => error instanceof RunOver,
    async open(plan) {
      checkPlan(plan, every);
      const { store, owner, close, workerEnd } = await open();
      const count = typeof workers === 'number' ? workers : workers.count;
      const closed = async () => {
        await store.close();
        await close();
      };
      let team: ClusterTeam;
      try {
        const { signal } = plan;
        team = await ClusterTeam.open(
          store,
          plan,
          { every, outer, dropAfter, patience, signal, onMember, workers: count, workerEnd, owner },
          join,
        );
      } catch (error) {
        await closed();
        throw error;
      }
      const end = team.close.bind(team);
      team.close = async () => {
        await end();
        await close();
      };
      return team;
    },
  };
}
