/** Seconds of training until the test error of MNIST is at a target: by the scores of a worker, by stored scores, uniformly. */
import * as tf from '@tensorflow/tfjs';
import { randomPart } from '../../src/cli/random-part.ts';
import { distributedImportance, scoringWorker } from '../../src/cluster/index.ts';
import { loadData } from '../../src/data/get.ts';
import { flat } from '../../src/experiments/target/workloads/flat.ts';
import { fit } from '../../src/fit/fit.ts';
import type { Method } from '../../src/methods/method.ts';
import { storedScores } from '../../src/methods/selection/stored-scores.ts';
import { uniform } from '../../src/methods/uniform.ts';
import { mlp } from '../../src/models/mlp.ts';

const count = 10_000;
const targets = [0.06, 0.05, 0.045];

async function task(seed: number) {
  tf.enableProdMode();
  await tf.setBackend('cpu');
  const { train, test } = await loadData('mnist');
  const model = mlp({ hidden: [256, 256], seed });
  model.compile({ optimizer: tf.train.momentum(0.01, 0.9), loss: 'categoricalCrossentropy', metrics: ['accuracy'] });
  return { model, train: flat(randomPart(train, count, 1)), test: flat(randomPart(test, 5_000, 1)) };
}

export async function targetWorker(url: string, run: string): Promise<number> {
  const { model, train } = await task(1);
  return (await scoringWorker(model, train, { url, run })).samples;
}

export interface Reached {
  readonly method: string;
  readonly seed: number;
  /** Of training, to each target; null where it was not reached. */
  readonly seconds: readonly (number | null)[];
  readonly byImportance: number;
}

/** @param start starts a worker for a run, and gives its end. */
export async function toTarget(
  url: string,
  seeds: number,
  seconds: number,
  start: (run: string) => Promise<unknown>,
): Promise<Reached[]> {
  const methods: readonly ((run: string) => Method)[] = [
    () => uniform(),
    () => storedScores(),
    (run) => distributedImportance({ url, run }),
  ];
  const all: Reached[] = [];
  for (let seed = 1; seed <= seeds; seed++) {
    for (const make of methods) {
      const run = `target-${seed}`;
      const method = make(run);
      const worker = method.name === 'distributedImportance' ? start(run) : undefined;
      const { model, train, test } = await task(seed);
      const reached: (number | null)[] = targets.map(() => null);
      let [at, steps, byImportance] = [0, 0, 0];
      await fit(model, train, {
        ...{ method, seconds, seed, batchSize: 64, validationData: test, verbose: 0 },
        onStep: ({ seconds: now, phase }) => {
          at = now;
          steps++;
          if (phase === 'importance') byImportance++;
        },
        callbacks: {
          onEpochEnd: (_, logs) => {
            const error = 1 - (logs?.val_acc ?? 0);
            for (const [k, target] of targets.entries()) if (error <= target) reached[k] ??= at;
          },
        },
      });
      await worker;
      all.push({ method: method.name, seed, seconds: reached, byImportance: byImportance / steps });
    }
  }
  return all;
}

export function targetWords(all: readonly Reached[]): string {
  const head = `${'seconds to a test error of'.padEnd(28)}${targets.map((one) => `${(100 * one).toFixed(1)} %`.padStart(9)).join('')}   by importance`;
  const rows = all.map(({ method, seed, seconds, byImportance }) => {
    const cells = seconds.map((one) => (one === null ? '–' : one.toFixed(2)).padStart(9)).join('');
    return `${`${method}, seed ${seed}`.padEnd(28)}${cells}   ${Math.round(100 * byImportance)} % of the steps`;
  });
  return [head, ...rows].join('\n');
}
