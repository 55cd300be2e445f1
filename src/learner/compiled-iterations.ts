import * as tf from '@tensorflow/tfjs';
import { largestScore } from '../sampling/scores.ts';
import { sumOf, update } from './backward.ts';
import type { ModelBatch } from './batch.ts';
import type { CompiledFunctions } from './compiled-functions.ts';
import { runFinite } from './finite-run.ts';
import { forward } from './forward.ts';
import type { Guard } from './guard.ts';
import { drawFault, iteration, sharingFault } from './iteration.ts';
import type { Counters, DrawRequest, IterationResult, Refusal } from './learner.ts';
import { feeds, named, result, shapesOf, type Tensors } from './named.ts';
import type { BatchTensors, Objective } from './objective.ts';

interface Parts {
  readonly objective: Objective;
  readonly guard: Guard;
  readonly counters: Counters;
  readonly learningRate: () => number;
}

/** Importance iterations of a compiled learner, each of them one graph. */
export class CompiledIterations {
  /** Why some have no graph of their own. */
  private readonly refused = new Map<string, string>();

  constructor(private readonly parts: Parts) {}

  /** See `Learner.iterate`. */
  async run(
    functions: CompiledFunctions,
    pool: ModelBatch,
    draw: DrawRequest,
    seed: number | undefined,
  ): Promise<IterationResult | Refusal> {
    const { objective, guard, counters, learningRate } = this.parts;
    const { size, score, resample, mixture, weightPower, weightBound, numbers, indices } = draw;
    const name = ['iteration', score, resample, mixture, weightPower, weightBound, size].join(' ');
    const known = drawFault(pool, draw, objective.model.optimizer) ?? this.refused.get(name);
    if (known !== undefined) return { why: known };
    objective.requireScore(score);
    const body = (tensors: BatchTensors, inputs: Tensors) => {
      const { grads, ...rest } = iteration(objective, tensors, inputs.numbers, draw);
      update(objective, grads);
      return named({ ...rest, finite: sumOf(objective.parameters) });
    };
    const compiled = functions.ofBatch(name, pool, body, {
      more: { numbers: { shape: ['numbers'], dtype: 'float64' } },
      forward: (tensors) => {
        const scored = Object.entries(forward(objective, tensors, false));
        const trained = forward(objective, firstOf(tensors, size), true);
        return { ...Object.fromEntries(scored.map(([key, tensor]) => [`scored ${key}`, tensor])), ...trained };
      },
    });
    guard.step();
    const { statistics } = await compiled.prepare({ ...shapesOf(pool), numbers: [numbers.length] });
    const why = sharingFault(statistics.shared);
    if (why !== undefined) {
      this.refused.set(name, why);
      return { why };
    }
    counters.forward += pool.size;
    counters.backward += size;
    // Names the samples whose scores are no importance, before anything has changed.
    const check = (seen: Parameters<typeof result>[0]) => largestScore(seen.poolScores.data, indices);
    const outputs = await runFinite(compiled, { ...feeds(pool), numbers }, { seed, check }, learningRate);
    return {
      ...result(outputs),
      rows: outputs.rows.data as Int32Array,
      weights: outputs.weights.data as Float64Array,
      unbiased: outputs.unbiased.data as Float64Array,
      poolScores: outputs.poolScores.data as Float32Array,
    };
  }
}

/** The first rows of a batch. */
function firstOf({ xs, ys, lossWeights }: BatchTensors, size: number): BatchTensors {
  const first = (tensors: tf.Tensor[]) => tensors.map((tensor) => tf.slice(tensor, 0, size));
  return { xs: first(xs), ys: first(ys), lossWeights: lossWeights && first(lossWeights) };
}
