import { areImages, isLabelled } from '../data/subset.ts';
import { irreducibleLosses } from '../fit/irreducible-losses.ts';
import { race } from '../fit/race.ts';
import type { SampleHistory } from '../fit/sample-history.ts';
import { duration } from '../report/format.ts';
import type { ErrorPoint } from '../report/lead.ts';
import type { RunEvent } from '../report/record.ts';
import { AwakeClock } from './awake-clock.ts';
import { byPlace } from './by-place.ts';
import type { Given } from './chosen-methods.ts';
import type { Output } from './io.ts';
import { meter, newStanding, Tracker } from './progress.ts';
import { entrants, type RaceOptions } from './race-config.ts';
import type { RaceJob } from './race-job.ts';
import { Pictures, Recorder } from './recorder.ts';
import type { TrainingData } from './training-data.ts';
import { watch } from './watch.ts';

export interface RaceSetting {
  readonly options: RaceOptions;
  readonly job: RaceJob;
  readonly seed: number;
  readonly data: TrainingData;
  /** Takes what became of each sample, and has the most picked recorded as images; absent where neither is kept. */
  readonly keep?: (method: string, samples: SampleHistory) => Promise<void>;
  readonly signal: AbortSignal;
  /** Where the progress is shown. */
  readonly progress: Output;
  readonly say: (line: string) => void;
  readonly append: (event: RunEvent) => void;
}

/** Uniform epochs on either half of the data that make the irreducible losses. */
const irreducibleEpochs = 3;

/** One race with one seed. @returns the engines that ran it, and what else there is to be said of it. */
export async function raceOnce(setting: RaceSetting): Promise<{ engines: string[]; notes: Notes }> {
  const { options, job, seed, data, keep, signal, progress: output, append } = setting;
  const { train, test } = data;
  const { seconds, batchSize, engine, quiet, watch: watches } = options;
  const { given, notes } = await prepare(setting);
  const { methods, learningRate, rateFactor } = entrants(options, job, given);
  const pictures = keep && isLabelled(train) && areImages(train) ? new Pictures(train) : undefined;
  const recorders = new Map(methods.map(({ name }) => [name, new Recorder(name, train, pictures, append)]));
  const trackers = new Map(methods.map(({ name }) => [name, new Tracker(newStanding(name))]));
  const standings = [...trackers.values()].map(({ standing }) => standing);
  const errors = new Map(methods.map(({ name }) => [name, [] as ErrorPoint[]]));
  const watched = methods.map(({ name }, k) => ({ standing: standings[k], points: errors.get(name)! }));
  const progress =
    watches && output.isTTY && !quiet ? watch(output, watched, 'test error, %') : meter(output, standings, quiet);
  const clock = new AwakeClock(setting.say);
  try {
    const curves = await race(() => job.makeModel(learningRate, seed, data), byPlace(train), methods, {
      seconds,
      seed,
      batchSize,
      test: byPlace(test),
      engine,
      rateFactor,
      schedule: job.schedule,
      signal,
      now: clock.now,
      onStep: (method, report) => {
        recorders.get(method)?.step(report);
        trackers.get(method)?.step({ ...report, share: report.seconds / seconds });
        progress.update();
      },
      onPoint: (method, point) => {
        if (point.testError !== undefined) {
          errors.get(method)?.push({ seconds: point.seconds, error: 100 * point.testError });
        }
        return recorders.get(method)?.point(point);
      },
    });
    for (const { method, points, failed, explanation, samples } of curves) {
      await keep?.(method, samples);
      const { standing } = trackers.get(method) as Tracker;
      standing.failed = failed !== undefined;
      recorders.get(method)?.result(points.at(-1)?.seconds ?? 0, { failed, explanation });
    }
    const paused =
      clock.paused > 0 && `the process was stopped for about ${duration(clock.paused)}, outside the clock of the race`;
    const all = paused ? { ...notes, Paused: paused } : notes;
    return { engines: curves.map((curve) => curve.engine), notes: all };
  } finally {
    await clock.end();
    progress.end();
  }
}

type Notes = { readonly [title: string]: string };

/** What the methods are given that has to be made of the data, and what is to be said of it. */
async function prepare({
  options,
  job,
  seed,
  data,
  signal,
  say,
}: RaceSetting): Promise<{ given: Given; notes: Notes }> {
  const { methods, learningRate, batchSize, engine, tune } = options;
  if (tune || !methods.includes('rhoLoss')) return { given: job.given, notes: {} };
  say('irreducible losses: training a model on either half of the data');
  const start = performance.now();
  const irreducible = await irreducibleLosses(
    () => job.makeModel(learningRate ?? job.learningRate, seed, data),
    byPlace(data.train),
    {
      batchSize,
      epochs: irreducibleEpochs,
      schedule: job.schedule,
      seed,
      engine,
      signal,
    },
  );
  const seconds = (performance.now() - start) / 1000;
  const note = `${duration(seconds)} outside the clock of the race, before it, for ${irreducibleEpochs} uniform epochs on either half of the data`;
  return {
    given: { ...job.given, rhoLoss: { irreducible } },
    notes: { 'Irreducible losses of rhoLoss': note },
  };
}
