import type { Engine } from '../fit/options.ts';
import type { NameValue } from './arguments.ts';
import { type DataArguments, dataArguments, dataWords } from './data-options.ts';
import { checkedLoss, type OptimizerName } from './trainable.ts';
import type { TrainingData } from './training-data.ts';
import { optimizerName } from './training-options.ts';

/** What decides how a run goes; kept in `config.json`, so that it can be resumed. */
export interface TrainArguments extends DataArguments {
  readonly model: string;
  readonly method: string;
  readonly epochs?: number;
  readonly seconds?: number;
  readonly optimizer: OptimizerName;
  readonly learningRate?: number;
  readonly loss: string;
  readonly batchSize: number;
  readonly presample?: number;
  readonly option: readonly NameValue[];
  readonly checkpointEvery?: number;
  readonly engine: Engine;
  /** Of distributedImportance: its name on the server, and the workers started here. */
  readonly run?: string;
  readonly workers?: number;
  /** Of a run of several processes. */
  readonly every?: number;
  readonly outer?: 'average' | 'diloco';
  readonly together?: boolean;
  /** Whether the data is prepared as that of the model was. */
  readonly alike?: boolean;
}

/** Arguments of which those that were not given depend on the data. */
export type OpenArguments = Omit<TrainArguments, 'model' | 'optimizer' | 'loss'> &
  Partial<Pick<TrainArguments, 'model' | 'optimizer' | 'loss'>>;

/** Epochs on data of one's own where nothing was said: an epoch of a few rows is over in a blink. */
const OWN_EPOCHS = 20;

/** Without the options that say nothing of the run itself, and with those that depend on the data. */
export function completed(options: OpenArguments & { readonly model: string }, data: TrainingData): TrainArguments {
  const { model, method, seconds, learningRate, batchSize, presample, option, checkpointEvery, engine } = options;
  const { run, workers, every, outer, together } = options;
  const { epochs = data.own && seconds === undefined ? OWN_EPOCHS : undefined } = options;
  const loss = checkedLoss(options.loss, data);
  const optimizer = optimizerName(options.optimizer, model);
  return {
    ...{ model, method, epochs, seconds, optimizer, learningRate, loss, batchSize, presample, option, checkpointEvery },
    ...{
      ...dataArguments(options),
      from: data.own ? process.cwd() : undefined,
      alike: data.alike || undefined,
      engine,
      run,
      workers,
      every,
      outer,
      together,
    },
  };
}

const flags = [
  ...(['model', 'method', 'epochs', 'seconds', 'optimizer', 'learningRate', 'loss', 'batchSize'] as const),
  ...(['presample', 'checkpointEvery', 'seed', 'samples', 'testSamples', 'engine'] as const),
  ...(['run', 'workers', 'every', 'outer'] as const),
];

/** The words of a command line that repeats a run. */
export function trainWords(args: TrainArguments): string[] {
  const { option } = args;
  const given = flags.flatMap((name) => {
    const value = args[name];
    return value === undefined ? [] : [`--${name.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`)}`, String(value)];
  });
  return [
    'train',
    ...dataWords(args),
    ...given,
    ...option.flatMap(([name, value]) => ['--option', `${name}=${value}`]),
  ];
}
