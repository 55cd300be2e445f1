import type * as tf from '@tensorflow/tfjs';
import { dataParallelOf, type MemberReport } from '../cluster/parallel/data-parallel.ts';
import { Lead } from '../cluster/parallel/lead.ts';
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
 * @param more who is told of the steps.
 * @throws UnequalError for its options without it.
 */
export function clusterOf(
  url: string | undefined,
  { run, workers, every, outer }: ClusterArguments,
  { lead, ...more }: { readonly lead?: Lead; readonly onMember?: (report: MemberReport) => void } = {},
): Cluster | undefined {
  if (url === undefined) {
    const [given] = Object.entries({ every, outer }).find(([, value]) => value !== undefined) ?? [];
    if (given === undefined) return undefined;
    throw fault({ wrong: `--${given} goes with --cluster`, mend: 'say where the processes meet: --cluster redis://…' });
  }
  return dataParallelOf({ url, run, workers, every, outer: outer === 'diloco' ? {} : outer, ...more }, lead);
}

/** Makes this process the one that leads the run. @returns nothing where another does. */
export function takeLead(url: string, run = 'default'): Promise<Lead | undefined> {
  return Lead.take(checkUrl(url), run);
}

/**
 * Decides, before there is a folder, whether this process leads a run or trains in that of another, and does the latter.
 * @returns the lead; or what it has come to with the others.
 */
export async function leadOrJoin(
  url: string,
  options: OpenArguments & ClusterArguments,
  io: Io,
  quiet = false,
): Promise<Lead | { readonly epochs: number }> {
  // Wrong options are told before anybody waits for this process.
  clusterOf(url, options);
  for (;;) {
    const lead = await takeLead(url, options.run);
    if (lead) return lead;
    const joined = await joinRun(url, options, io, quiet);
    if (joined !== undefined) return joined;
    if (!quiet) io.stderr.write('That run has ended before this process was in: it begins one of its own.\n');
  }
}

/** The run that was to be joined is nobody's by now. */
class NobodyLeads extends Error {}

/** What leads a run has a folder and a report: a process without them leaves it to others. */
function onlyJoining(cluster: Cluster): Cluster {
  return {
    ...cluster,
    open: async (plan) => {
      const team = await cluster.open(plan);
      if (!team.leads) return team;
      await team.close();
      throw new NobodyLeads();
    },
  };
}

/**
 * Trains in a run that another process leads, which has the folder and the report.
 * @returns nothing where that run has ended before this process was in.
 */
async function joinRun(url: string, options: OpenArguments & ClusterArguments, io: Io, quiet = false) {
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
  const cluster = onlyJoining(clusterOf(url, options, { onMember })!);
  const history = await fit(model, byPlace(data.train), {
    ...{ method, batchSize, epochs, seconds, seed, engine, signal: io.signal, verbose: 0 },
    cluster,
  }).catch((error) => {
    if (error instanceof NobodyLeads) return undefined;
    throw error;
  });
  if (history === undefined) return undefined;
  say(traffic.words());
  return { epochs: history.epoch.length };
}
