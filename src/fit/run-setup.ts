import type * as tf from '@tensorflow/tfjs';
import type { Learner } from '../learner/learner.ts';
import { type CompiledModel, lossNames } from '../learner/model.ts';
import type { Method } from '../methods/method.ts';
import { scheduleWords } from '../methods/schedule.ts';
import { type Extension, extensionsOf } from '../optimizers/extended.ts';
import type { RunSetup } from './history.ts';
import type { RunOptions } from './run-options.ts';
import { toldAnswers } from './told-answers.ts';
import type { Trainer } from './trainer.ts';
import { ValidationStream } from './validation-stream.ts';

interface Parts {
  readonly model: tf.LayersModel;
  readonly compiled: CompiledModel;
  readonly method: Method;
  readonly learner: Learner;
  readonly trainer: Trainer;
  readonly options: RunOptions;
  readonly seed: number | undefined;
  readonly started: string;
}

/** What is trained, and how, as the record of a run has it. */
export function setupOf({ model, compiled, method, learner, trainer, options, seed, started }: Parts): RunSetup {
  const { batchSize, length, validation, seconds, epochs } = options;
  return {
    ...{ method: method.name, options: method.options, engine: learner.engine },
    ...{ seed, epochs, seconds, batchSize, started },
    optimizer: [compiled.optimizer.getClassName(), ...extensionsOf(compiled.optimizer).map(extensionWords)].join(', '),
    learningRate: trainer.firstRate,
    loss: lossNames(compiled)
      .map((name) => name ?? 'a function')
      .join(', '),
    model: { name: model.name, parameters: model.countParams() },
    schedule: options.schedule && scheduleWords(options.schedule),
    weighted: options.example.lossWeights !== undefined,
    samples: length,
    answers: toldAnswers(model, compiled),
    validation: validation && !(validation instanceof ValidationStream) ? validation.length : undefined,
  };
}

/** `clipped (globalClipNorm 1)` */
function extensionWords({ name, options }: Extension): string {
  const numbers = Object.entries(options).map(([option, value]) => `${option} ${value}`);
  return `${name} (${numbers.join(', ')})`;
}
