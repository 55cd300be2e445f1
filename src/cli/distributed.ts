import type * as tf from '@tensorflow/tfjs';
import { type DistributedImportanceOptions, distributedImportance } from '../cluster/distributed-importance.ts';
import type { Method } from '../methods/method.ts';
import type { NameValue } from './arguments.ts';
import { chosenMethods, methodName } from './chosen-methods.ts';

const distributed = 'distributedImportance';

/** The name of `--method`, where that may be the one whose scores come from other processes. */
export function trainMethodName(name: string): string {
  return name === distributed ? name : methodName(name);
}

export interface MethodArguments {
  readonly method: string;
  readonly option: readonly NameValue[];
  readonly presample?: number;
  readonly run?: string;
  readonly workers?: number;
  readonly data: string;
  readonly samples?: number;
  readonly seed: number;
}

/**
 * The method of a command line.
 * @param model gives what is trained, for workers that have to make it.
 * @param redis the server of a method that needs one; it starts its own without.
 */
export function methodFor(args: MethodArguments, model: () => tf.LayersModel, redis?: string): Method {
  const { method, option, presample, run, workers: count = 0, data, samples, seed } = args;
  if (method !== distributed) {
    return chosenMethods(
      [method],
      presample === undefined ? option : [...option, ['presample', presample] as const],
    )[0];
  }
  const part = samples === undefined ? [] : ['--samples', `${samples}`];
  const words = ['worker', '--run', run ?? 'default', '--data', data, ...part, '--seed', `${seed}`, '--quiet'];
  const given: DistributedImportanceOptions = { url: redis, run, model };
  const workers = count === 0 ? undefined : { count, file: process.argv[1], args: words };
  return distributedImportance({ ...(Object.fromEntries(option) as object), ...given, workers });
}
