import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { placeOf } from '../data/labelled.ts';
import { fault } from '../errors.ts';
import type { SampleHistory } from '../fit/sample-history.ts';
import { readSamples } from '../fit/samples-file.ts';
import { choose } from '../inspect/choose.ts';
import { contentOf } from '../inspect/content.ts';
import { inspectPage, tooShort } from '../inspect/inspect-page.ts';
import { mapFigure } from '../inspect/map-figure.ts';
import { unknownName } from '../nearest.ts';
import { writeFigures } from '../report/figure-files.ts';
import { count, many } from '../report/format.ts';
import { type RunConfig, readConfig } from '../report/record.ts';
import { writeWhole } from '../whole-file.ts';
import { jsonOption, numberOption, wordOption } from './arguments.ts';
import type { DataArguments } from './data-options.ts';
import type { Io } from './io.ts';
import { withKeptLabels } from './kept-labels.ts';
import { keptPreparation } from './kept-preparation.ts';
import { quoted } from './machine.ts';
import { samplesPath } from './run-folder.ts';
import { savedInputShape } from './trainable.ts';
import { type TrainingData, trainingData } from './training-data.ts';

interface InspectOptions {
  readonly method?: string;
  readonly most: number;
  readonly json?: boolean;
}

/** `unequal inspect RUN`: a page with the samples that resist training, to correct their labels. */
export function inspectCommand(io: Io): Command {
  return new Command('inspect')
    .description('make a page of the samples that resisted training, to confirm or correct their labels by keyboard')
    .argument('<folder>', 'run folder of unequal train or unequal race')
    .addOption(wordOption('--method <name>', 'what became of the samples by it (default: importance, or the first)'))
    .addOption(numberOption('most', 'samples of each order on the page').default(200))
    .addOption(jsonOption())
    .action(async (folder: string, { method, most, json }: InspectOptions) => {
      const config = await readConfig(folder);
      const { name, samples } = await samplesOf(folder, config, method);
      const data = await dataOf(folder, config);
      checkSameData(folder, samples, data);
      const suspects = samples.classifies ? samples.suspects() : [];
      const chosen = choose(samples, most);
      const contents = await contentOf(
        data.train,
        chosen.map(({ record }) => record.index),
      );
      const map = mapFigure(samples, samples.learned ? samples.suspects(most).map(({ index }) => index) : []);
      const trained = samples.seen;
      const page = join(folder, 'inspect.html');
      await writeWhole(
        page,
        inspectPage({
          ...{ trained, most, map, suspects: suspects.length, classNames: data.train.classNames },
          ...{ learned: samples.learned, right: samples.right, once: samples.once },
          title: `Samples of ${config.title}${config.kind === 'race' ? `, by ${name}` : ''}`,
          again: again(config.command),
          run: `unequal-inspect ${config.started} ${config.command} ${name}`,
          samples: chosen.map((one, k) => ({ ...one, ...contents[k] })),
        }),
      );
      const figures = await writeFigures(folder, [map]);
      const { classNames = [] } = data.train;
      if (json) {
        const named = suspects.map(({ index, label, suggested, ...rest }) => ({
          index: placeOf(data.train, index),
          label: classNames[label],
          suggested: classNames[suggested],
          ...rest,
        }));
        io.stdout.write(
          `${JSON.stringify({ folder, page, figures, method: name, trained, learned: samples.learned, suspects: named })}\n`,
        );
        return;
      }
      if (!samples.classifies) {
        io.stdout.write(`Look at the samples that were hardest to learn: open ${page} in a browser.\n`);
        return;
      }
      if (suspects.length === 0) {
        const found = samples.learned ? `None of ${count(trained)} labels is likely wrong.` : tooShort(samples);
        io.stdout.write(`${found}\nTo see the samples that resisted most: open ${page} in a browser.\n`);
        return;
      }
      const are = suspects.length === 1 ? 'is' : 'are';
      io.stdout.write(`${count(suspects.length)} of ${many(trained, 'label')} ${are} likely wrong.\n`);
      io.stdout.write(`Look at them, and correct them: open ${page} in a browser.\n`);
      io.stdout.write(`Then train again: ${again(config.command)}\n`);
    });
}

const again = (command: string) => `${command.replace(/ --labels ('[^']*'|\S+)/, '')} --labels ${quoted('labels.csv')}`;

/** What became of the samples, of the method that was asked for. */
async function samplesOf(
  folder: string,
  config: RunConfig,
  asked: string | undefined,
): Promise<{ name: string; samples: SampleHistory }> {
  const names = Object.keys(config.methods);
  if (asked !== undefined && !names.includes(asked)) throw unknownName(`method of ${folder}`, asked, names);
  const kept = names.filter((name) => existsSync(samplesPath(folder, name)));
  const name = asked ?? (kept.includes('importance') ? 'importance' : (kept[0] ?? names[0]));
  if (kept.includes(name)) return { name, samples: await readSamples(samplesPath(folder, name)) };
  // A run that goes on, or was killed, has it in its checkpoint.
  const checkpoint = join(folder, 'checkpoint');
  if (existsSync(checkpoint)) return { name, samples: await readSamples(checkpoint) };
  throw fault({
    wrong: `${folder} does not say what became of its samples`,
    got: `no ${samplesPath(folder, name)}`,
    expected: 'a run that came to its first checkpoint or its end',
    mend: 'train again',
  });
}

/** The data of the run, as it was trained on. */
async function dataOf(folder: string, config: RunConfig): Promise<TrainingData> {
  const args = config.arguments as (DataArguments & { readonly alike?: boolean }) | undefined;
  if (typeof args?.data !== 'string') {
    throw fault({ wrong: `${folder} does not say what it was trained on`, expected: 'a run of this version' });
  }
  const prepared = await keptPreparation(join(folder, 'model'));
  const shape = prepared?.inputShape ?? (args.model === undefined ? undefined : await savedInputShape(args.model));
  // Of a race the model stays where it was.
  const model = args.alike ? join(folder, 'model') : config.kind === 'race' ? args.model : undefined;
  return trainingData(await withKeptLabels({ ...args, model, seed: args.seed ?? config.seed }, folder), shape);
}

/** @throws UnequalError where the samples of the run are not those of the data: what is shown would be others. */
function checkSameData(folder: string, samples: SampleHistory, { train, title }: TrainingData): void {
  const changed = (got: string, expected: string) =>
    fault({ wrong: `${title} has changed since ${folder} was trained`, got, expected, mend: 'train again' });
  if (samples.length !== train.length) throw changed(many(train.length, 'sample'), `${samples.length}`);
  if (train.labels === undefined || !samples.classifies) return;
  for (const { index, label } of samples) {
    if (label === train.labels[index]) continue;
    throw changed(`label ${train.labels[index]} of sample ${placeOf(train, index)}`, `${label}`);
  }
}
