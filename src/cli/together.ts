import type * as tf from '@tensorflow/tfjs';
import { dataParallel, type MemberReport } from '../cluster/parallel/data-parallel.ts';
import { isLed } from '../cluster/parallel/is-led.ts';
import { RedisRounds } from '../cluster/parallel/redis-rounds.ts';
import { checkUrl, shownUrl } from '../cluster/redis-client.ts';
import { fault } from '../errors.ts';
import { fit } from '../fit/fit.ts';
import type { Cluster } from '../fit/team.ts';
import { printable } from '../printable.ts';
import { many } from '../report/format.ts';
import { byPlace } from './by-place.ts';
import { methodFor } from './distributed.ts';
import type { Io } from './io.ts';
import { openTraining } from './open-training.ts';
import { TrafficMeter } from './traffic-meter.ts';
import type { OpenArguments } from './train-arguments.ts';
import { compileFor } from './trainable.ts';

export interface ClusterArguments {
  readonly run?: string;
  readonly workers?: number;
  readonly every?: number;
  readonly outer?: 'average' | 'diloco';
}

/**
 * What `--cluster` and its options mean.
 * @param more whether to join whatever is, and who is told of the steps.
 * @throws UnequalError for its options without it.
 */
export function clusterOf(
  url: string | undefined,
  { run, workers, every, outer }: ClusterArguments,
  more: { readonly join?: boolean; readonly onMember?: (report: MemberReport) => void } = {},
): Cluster | undefined {
  if (url === undefined) {
    const [given] = Object.entries({ every, outer }).find(([, value]) => value !== undefined) ?? [];
    if (given === undefined) return undefined;
    throw fault({ wrong: `--${given} goes with --cluster`, mend: 'say where the processes meet: --cluster redis://…' });
  }
  return dataParallel({ url, run, workers, every, outer: outer === 'diloco' ? {} : outer, ...more });
}

/** Whether a process leads the run already, so that this one joins it. */
export async function isLedAt(url: string, run = 'default'): Promise<boolean> {
  const store = await RedisRounds.open(checkUrl(url), run);
  try {
    return await isLed(store);
  } finally {
    await store.close();
  }
}

/** Trains in a run that another process leads, which has the folder and the report. */
export async function joinRun(url: string, options: OpenArguments & ClusterArguments, io: Io, quiet = false) {
  let model: tf.LayersModel | undefined;
  const method = methodFor({ ...options, workers: undefined }, () => model!, undefined);
  const opened = await openTraining(options);
  const { args, data } = opened;
  model = opened.model;
  compileFor(model, args, data);
  const say = (words: string) => quiet || io.stderr.write(`${words}\n`);
  say(
    `Training in the run ${printable(options.run ?? 'default')} at ${shownUrl(url)}. Ctrl-C ends this process alone.`,
  );
  const traffic = new TrafficMeter();
  let told = performance.now();
  const onMember = (report: MemberReport) => {
    traffic.step(report);
    const now = performance.now();
    if (now - told < 10_000) return;
    told = now;
    say(`${many(traffic.steps, 'step')}, ${many(report.members, 'process', 'processes')}`);
  };
  const { batchSize, epochs, seconds, seed, engine } = args;
  const history = await fit(model, byPlace(data.train), {
    ...{ method, batchSize, epochs, seconds, seed, engine, signal: io.signal, verbose: 0 },
    cluster: clusterOf(url, options, { join: true, onMember }),
  });
  say(traffic.words());
  return { epochs: history.epoch.length };
}
