import { join } from 'node:path';
import { Command } from 'commander';
import { embeddingJob } from '../experiments/embedding-job.ts';
import { mainJob } from '../experiments/main-job.ts';
import { writeSamples } from '../fit/samples-file.ts';
import { printable } from '../printable.ts';
import { count, duration } from '../report/format.ts';
import { numbersAsWords } from '../report/json-numbers.ts';
import { type RunRecord, readRecord } from '../report/record.ts';
import { resultRows } from '../report/results.ts';
import { writeWhole } from '../whole-file.ts';
import {
  batchSizeOption,
  engineOption,
  jsonOption,
  methodOption,
  numberOption,
  option,
  outOption,
  presampleOption,
  quietOption,
  samplesOption,
  secondsOption,
  seedOption,
  serveOption,
  testSamplesOption,
  watchOption,
} from './arguments.ts';
import { methodNames } from './chosen-methods.ts';
import { inFolder } from './default-folder.ts';
import { type ExitCode, type Io, roomOf } from './io.ts';
import { keepLabels } from './kept-labels.ts';
import { type LiveReport, serveReport } from './live-report.ts';
import { quoted } from './machine.ts';
import { describe, entrants, type RaceOptions, rateNote, seedsOf, titleOf } from './race-config.ts';
import { jobOf, type RaceJob, rates } from './race-job.ts';
import { raceOnce } from './race-once.ts';
import { RunFolder, samplesPath } from './run-folder.ts';
import { seedsJson, seedsText } from './seeds.ts';
import { summaryText } from './summary-text.ts';
import { resultText, whyText } from './text-table.ts';
import { partOf, type TrainingData, wholeData } from './training-data.ts';
import { withTrainingOptions } from './training-options.ts';

/** `unequal race`: methods against uniform SGD at equal seconds on MNIST. */
export function raceCommand(io: Io, end: (code: ExitCode) => void): Command {
  const command = new Command('race').description(
    'race methods against uniform SGD for equal seconds, on MNIST or data of your own, and report',
  );
  return withTrainingOptions(command, {
    model: 'that of npm start on mnist; as of unequal train for other data',
    rate: `${mainJob.learningRate}, or ${embeddingJob.learningRate} for an embedding; with --data, --model or --optimizer that of the optimizer`,
  })
    .addOption(
      option('--methods <a,b,c>', 'see unequal methods')
        .argParser(methodNames)
        .default(mainJob.methods, mainJob.methods.join(',')),
    )
    .addOption(secondsOption('training seconds for each method').default(mainJob.seconds))
    .addOption(batchSizeOption().default(mainJob.batchSize))
    .addOption(presampleOption())
    .addOption(methodOption())
    .addOption(option('--tune', `race uniform SGD at several learning rates (${rates.join(', ')} on MNIST) instead`))
    .addOption(seedOption())
    .addOption(numberOption('seeds', 'repeat the race for n seeds, from --seed on: means with 95 % intervals'))
    .addOption(samplesOption())
    .addOption(testSamplesOption())
    .addOption(engineOption())
    .addOption(outOption())
    .addOption(jsonOption())
    .addOption(quietOption())
    .addOption(watchOption())
    .addOption(serveOption())
    .addHelpText('after', '\nWith --seeds, an --out folder that holds some seeds of the same race is gone on with.')
    .action(async (options: RaceOptions) => {
      const done = await runRace(options, io);
      if (io.signal.aborted) end(130);
      else if (!done) end(1);
    });
}

/** B/b of `paper2018` where nothing is said. */
const PRESAMPLE = 5;

/** The presample of the methods that race where none are named is no larger than the data. */
function fitting(
  job: RaceJob,
  { methods, batchSize }: RaceOptions,
  samples: number,
  say: (line: string) => unknown,
): RaceJob {
  const presample = Math.max(1, Math.floor(samples / batchSize));
  if (presample >= PRESAMPLE || !methods.includes('paper2018')) return job;
  say(`paper2018 presamples ${presample} batches, as there are ${samples} samples`);
  return { ...job, given: { paper2018: { presample }, ...job.given } };
}

/** @returns whether a method came to its end. */
async function runRace(options: RaceOptions, io: Io): Promise<boolean> {
  const { signal } = io;
  const say = (line: string) => options.quiet || io.stderr.write(`${line}\n`);
  let job = jobOf(options.tune ? [] : options.methods, options.option, options);
  // Before any work, to find what is wrong: the losses that rhoLoss needs are made of the data.
  entrants(options, job, { ...job.given, rhoLoss: { irreducible: [0] } });
  const data = await wholeData(options, await job.inputShape?.());
  const first = partOf(data, options, options.seed);
  job = fitting(job, options, first.train.length, say);
  const racing = entrants(options, job, { ...job.given, rhoLoss: { irreducible: [0] } });
  const config = await describe(options, job, racing, first);
  const seeds = seedsOf(options);
  const { folder, done } = await inFolder(options.out, 'race', async (path) => {
    if (seeds) return RunFolder.openSeeds(path, config);
    const done: readonly number[] = [];
    return { folder: await RunFolder.create(path, config), done };
  });
  if (data.skipped.length > 0) await writeWhole(join(folder.path, 'skipped.txt'), `${data.skipped.join('\n')}\n`);
  await keepLabels(options, folder.path);
  announce(options, job, racing.methods, first, say);
  let live: LiveReport | undefined;
  const engines = new Set<string>();
  const told = new Map(Object.entries(config.notes ?? {}));
  try {
    if (options.serve) {
      live = await serveReport(folder.path, () => folder.size);
      // Without the address nobody finds the page.
      io.stderr.write(`live report: ${live.url}\n`);
    }
    for (const seed of seeds ?? [options.seed]) {
      if (signal.aborted) break;
      const there = done.includes(seed);
      if (seeds)
        say(`seed ${seed}, ${seed - options.seed + 1} of ${seeds.length}${there ? ': in the folder already' : ''}`);
      if (there) continue;
      const ran = await raceOnce({
        ...{ options, job, seed, signal, say, progress: io.stderr },
        data: partOf(data, options, seed),
        keep:
          seed === options.seed
            ? async (method, samples) => {
                folder.checkThere();
                await writeSamples(samplesPath(folder.path, method), samples);
              }
            : undefined,
        append: (event) => folder.append(seeds && event.type !== 'image' ? { ...event, seed } : event),
      });
      for (const engine of ran.engines) engines.add(engine);
      for (const [title, note] of Object.entries(ran.notes)) if (!told.has(title)) told.set(title, note);
      if (seeds && !signal.aborted) folder.append({ type: 'end', seed, reason: 'done' });
    }
    if (engines.size > 0) {
      await folder.amendConfig({ engine: [...engines].join(', '), notes: Object.fromEntries(told) });
    }
    folder.append({ type: 'end', reason: signal.aborted ? 'stopped' : 'done' });
  } finally {
    // What went wrong first is what is told.
    if (!folder.gone()) await folder.report();
    await live?.end();
    folder.close();
  }
  const record = await readRecord(folder.path);
  io.stdout.write(options.json ? json(folder.path, record) : text(folder.path, record, roomOf(io.stdout)));
  const all = [...record.methods, ...record.seeds.flatMap(({ methods }) => methods)];
  return all.some(({ result }) => result !== undefined && result.failed === undefined);
}

function announce(
  options: RaceOptions,
  job: RaceJob,
  methods: readonly { readonly name: string }[],
  data: TrainingData,
  say: (line: string) => void,
): void {
  const { seconds, learningRate = job.learningRate, tune } = options;
  const names = methods.map(({ name }) => name).join(', ');
  say(
    `${names}: ${duration(seconds)} of training each, in turns, on ${count(data.train.length)} training samples of ${titleOf(data)}`,
  );
  for (const note of data.notes) say(`  ${note}`);
  if (data.skipped.length > 0) say(`  ${data.skipped.length} left out, listed in skipped.txt of the run folder`);
  say(`learning rate ${tune ? '' : `${learningRate}: `}${rateNote(options, job)}; ${job.scheduleName}`);
}

function json(folder: string, record: RunRecord): string {
  const { config, end } = record;
  return `${JSON.stringify({ folder, config, end, results: resultRows(record), seeds: seedsJson(record) }, numbersAsWords)}\n`;
}

function text(folder: string, record: RunRecord, room: number): string {
  const { config, seeds, end } = record;
  const results = resultRows(record);
  const notes = Object.entries(config.notes ?? {}).map(([title, note]) => `${printable(`${title}: ${note}`)}.\n`);
  const why = whyText(results);
  const body =
    seeds.length > 0
      ? `${seedsText(record)}${why && `\nWith seed ${seeds[0].seed}:\n${why}`}`
      : `${resultText(results, room)}${notes.join('')}\n${summaryText(record, room)}`;
  const more =
    config.seeds && end === 'stopped' ? `Go on with: ${printable(config.command)} --out ${quoted(folder)}\n` : '';
  return `\n${body}${seeds.length > 0 ? notes.join('') : ''}\n${printable(folder)}/report.html\n${more}`;
}
