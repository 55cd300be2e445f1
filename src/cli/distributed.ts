import type * as tf from '@tensorflow/tfjs';
import { type DistributedImportanceOptions, distributedImportance } from '../cluster/distributed-importance.ts';
import { fault } from '../errors.ts';
import type { Method } from '../methods/method.ts';
import { writtenOptions } from '../methods/written-options.ts';
import type { NameValue } from './arguments.ts';
import { chosenMethods, methodName } from './chosen-methods.ts';
import { type DataArguments, samplesWords } from './data-options.ts';

const distributed = 'distributedImportance';

/** The name of `--method`, where that may be the one whose scores come from other processes. */
export function trainMethodName(name: string): string {
  return name === distributed ? name : methodName(name);
}

export interface MethodArguments extends DataArguments {
  readonly method: string;
  readonly option: readonly NameValue[];
  readonly presample?: number;
  readonly run?: string;
  readonly workers?: number;
}

/**
 * The method of a command line.
 * @param model gives what is trained, for workers that have to make it.
 * @param redis the server of a method that needs one; it starts its own without.
 */
export function methodFor(args: MethodArguments, model: () => tf.LayersModel, redis?: string): Method {
  const { method, option, presample, run, workers: count = 0 } = args;
  if (method !== distributed) {
    return chosenMethods(
      [method],
      presample === undefined ? option : [...option, ['presample', presample] as const],
    )[0];
  }
  if (redis === undefined && count === 0) {
    throw fault({
      wrong: `${distributed} has no workers so, and would train uniformly`,
      got: 'neither --redis nor --workers',
      expected: 'a server for unequal worker, or workers to start here',
      mend: '--redis redis://…, as the run was begun with, or --workers 1',
    });
  }
  const words = ['worker', '--run', run ?? 'default', ...samplesWords(args), '--quiet'];
  const given: DistributedImportanceOptions = { url: redis, run, model };
  const workers = count === 0 ? undefined : { count, file: process.argv[1], args: words };
  return distributedImportance({ ...writtenOptions(option), ...given, workers });
}
