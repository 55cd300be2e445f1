import * as tf from '@tensorflow/tfjs';
import { withoutAssigning } from './assigning.ts';
import { findHeads, type Head } from './head.ts';
import { type HeadGradient, normsOf } from './head-gradient.ts';
import type { ScoreKind } from './learner.ts';
import { aggregates, perSampleLoss } from './loss.ts';
import { allVariables, type CompiledModel, trainableVariables } from './model.ts';
import { Rarely } from './rarely.ts';
import { returned } from './returned.ts';
import { mixingPart } from './row-mixing.ts';
import { allLayers } from './user-code.ts';

/** The tensors of one batch, in the model's order. */
export interface BatchTensors {
  readonly xs: tf.Tensor[];
  readonly ys: tf.Tensor[];
  /** The user's weight of each sample, `[n]`, one per output. */
  readonly lossWeights?: tf.Tensor[];
}

/** What one pass through the network gives. */
export interface Pass {
  readonly outputs: tf.Tensor[];
  /** Loss per sample of each output, `[n]`. */
  readonly parts: readonly tf.Tensor1D[];
  /** Loss per sample, `[n]`: the sum over outputs of the mean over everything but the batch. */
  readonly losses: tf.Tensor1D;
  /** The same without the user's weights, where there are any. */
  readonly unweighted?: tf.Tensor1D;
  /** Upper-bound score per sample, `[n]`, if the heads are known and it was asked for. */
  readonly scores?: tf.Tensor1D;
}

/**
 * The functions of a compiled model that every learner is made of, in TensorFlow.js operations only, so that the eager
 * learner can run them and the compiled learner can trace them.
 */
export class Objective {
  readonly parameters: tf.Variable[];
  readonly variables: tf.Variable[];
  readonly heads: readonly Head[] | undefined;
  /** Why the model has no upper-bound score, if it has none. */
  private readonly headFault: unknown;
  /** Some programs call fit for each batch. */
  private readonly mixing = new Rarely<string | undefined>();

  constructor(readonly model: CompiledModel) {
    this.parameters = trainableVariables(model);
    this.variables = allVariables(model);
    try {
      this.heads = findHeads(model);
    } catch (error) {
      this.headFault = error;
    }
  }

  get hasUpperBound(): boolean {
    return this.heads !== undefined;
  }

  /**
   * Why the model can only be trained uniformly, if so: its batches are more than so many samples. The user's loss functions
   * are tried on the targets of a batch, with outputs that are made up; a model with layers of theirs is called on rows of it.
   * @param grouped whether what is trained on is arranged for a loss that looks at other rows.
   */
  uniformOnly({ xs, ys }: BatchTensors, grouped = false): string | undefined {
    const forward = (inputs: tf.Tensor[], training: boolean) => this.forward(inputs, training);
    const question = `${[ys[0].shape[0], grouped, ...settingsOf(this.model)]}`;
    return (
      statefulLayer(this.model) ??
      withoutAssigning(() => aggregates(this.model, ys, grouped)) ??
      this.mixing.answer(question, () => mixingPart(this.model, { forward, xs, ys, grouped }))
    );
  }

  /** @throws UnequalError that says why, if the model has no score of that kind. */
  requireScore(kind: ScoreKind): void {
    if (kind === 'upper-bound' && this.heads === undefined) throw this.headFault;
  }

  /** One forward pass. Batch statistics move and dropout draws only if `training`. */
  pass({ xs, ys, lossWeights }: BatchTensors, training: boolean, withScores: boolean): Pass {
    if (!withScores || this.heads === undefined) {
      const outputs = this.forward(xs, training);
      return { outputs, ...this.lossesOf(ys, outputs, lossWeights) };
    }
    const z: tf.Tensor[][] = this.heads.map(() => []);
    const run = this.heads.reduce(
      (inner, head, k) => () =>
        head.watch(inner, (x) => {
          // It outlives the model's own scopes.
          z[k].push(tf.keep(tf.clone(x)));
          return x;
        }),
      () => this.forward(xs, training),
    );
    const outputs = run();
    for (const [k, parts] of z.entries()) if (parts.length === 0) parts.push(outputs[k]);
    try {
      const losses = this.lossesOf(ys, outputs, lossWeights);
      return { outputs, ...losses, scores: withoutAssigning(() => this.upperBound(z, ys, lossWeights)) };
    } finally {
      for (const part of z.flat()) if (!outputs.includes(part)) part.dispose();
    }
  }

  /**
   * Whether the gradient of a step tells the scores of its samples: with several outputs the last pre-activation of one may have a part
   * in another, and with dropout behind it they would be other scores.
   */
  get givesScoresByGradient(): boolean {
    return this.heads?.length === 1 && this.heads[0].isFixed;
  }

  /** A forward pass in training mode, the gradients of whose losses and last pre-activation are watched. */
  watchedPass({ xs, ys, lossWeights }: BatchTensors, { watchZ, watchLosses }: HeadGradient): Pass {
    let isSeen = false;
    const see = (z: tf.Tensor) => {
      isSeen = true;
      return watchZ(z);
    };
    const given = this.heads![0].watch(() => this.forward(xs, true), see);
    const outputs = isSeen ? given : given.map(watchZ);
    const { losses, ...rest } = this.lossesOf(ys, outputs, lossWeights);
    return { outputs, ...rest, losses: watchLosses(losses) };
  }

  /** A forward pass that only measures. What layers of the user's assign to variables in it is dropped. */
  look(tensors: BatchTensors, withScores: boolean): Pass {
    return withoutAssigning(() => this.pass(tensors, false, withScores));
  }

  /**
   * The model's outputs: of its layers, as in `model.fit`, which asks no `call` that a subclass may have. Like `model.predict` it says
   * nothing of training where there is none.
   */
  forward(xs: tf.Tensor[], training: boolean): tf.Tensor[] {
    const outputs = untidied(() => tf.LayersModel.prototype.call.call(this.model, xs, training ? { training } : {}));
    return Array.isArray(outputs) ? outputs : [outputs];
  }

  /** Loss per sample, `[n]`. */
  losses(ys: tf.Tensor[], outputs: tf.Tensor[], lossWeights?: tf.Tensor[]): tf.Tensor1D {
    return this.lossesOf(ys, outputs, lossWeights).losses;
  }

  private lossesOf(ys: tf.Tensor[], outputs: tf.Tensor[], lossWeights?: tf.Tensor[]): Omit<Pass, 'outputs' | 'scores'> {
    const sum = (losses: readonly tf.Tensor1D[]) => losses.reduce((total, loss) => tf.add(total, loss));
    const plain = outputs.map((output, k) => perSampleLoss(this.model, k, ys[k], output));
    if (lossWeights === undefined) return { parts: plain, losses: sum(plain) };
    const parts = plain.map((loss, k) => tf.mul<tf.Tensor1D>(loss, lossWeights[k]));
    return { parts, losses: sum(parts), unweighted: sum(plain) };
  }

  /** ‖∂lᵢ/∂zᵢ‖₂ over all outputs: backward through the activations and losses alone, never through the network. */
  upperBound(z: tf.Tensor[][], ys: tf.Tensor[], lossWeights?: tf.Tensor[]): tf.Tensor1D {
    const sumOfLosses = (...flat: tf.Tensor[]): tf.Scalar => {
      let at = 0;
      const outputs = z.map((parts, k) => {
        const own = flat.slice(at, at + parts.length);
        at += parts.length;
        return this.heads![k].output(own);
      });
      return tf.sum(this.losses(ys, outputs, lossWeights));
    };
    const flat = z.flat();
    // A loss need not depend on every output.
    const { grads } = tf.engine().gradients(() => sumOfLosses(...flat), flat, undefined, true);
    const found = (grads as (tf.Tensor | undefined)[]).filter((gradient) => gradient !== undefined);
    return found.length === 0 ? tf.zeros([ys[0].shape[0]]) : normsOf(found);
  }

  /** The regularisation terms of the layers, added to the objective unweighted. */
  regularisation(): tf.Scalar | undefined {
    const terms = this.model.calculateLosses();
    return terms.length === 0 ? undefined : terms.reduce((total, term) => tf.add(total, term));
  }

  /** mean(wᵢ lᵢ) + regularisation: what a step minimises. */
  total(losses: tf.Tensor1D, weights?: tf.Tensor1D): tf.Scalar {
    const mean = tf.mean<tf.Scalar>(weights === undefined ? losses : tf.mul(losses, weights));
    const penalty = this.regularisation();
    return penalty === undefined ? mean : tf.add(mean, penalty);
  }

  /**
   * Means over the batch of the model's metrics after `loss`, in the order of `metricsNames`. With several outputs the
   * first are their losses, which the user's weights count in.
   */
  metrics(ys: tf.Tensor[], { outputs, parts }: Pick<Pass, 'outputs' | 'parts'>): tf.Scalar[] {
    return this.model.metricsTensors.map(([metric, k], index) => {
      const isLoss = outputs.length > 1 && index < outputs.length;
      if (isLoss) return tf.mean<tf.Scalar>(parts[k]);
      // The first of the names is that of the loss.
      const name: string | undefined = this.model.metricsNames[index + 1];
      return tf.mean<tf.Scalar>(returned('metric', name, metric, (one) => one(ys[k], outputs[k])));
    });
  }
}

/**
 * A model's call without the scope around it: `model.fit` has none there, so that a loss may read what a layer has left in a
 * field.
 */
function untidied<T>(call: () => T): T {
  const engine = tf.engine() as unknown as { tidy?: unknown };
  engine.tidy = (first: unknown, second?: () => unknown) => {
    delete engine.tidy;
    return (second ?? (first as () => unknown))();
  };
  try {
    return call();
  } finally {
    delete engine.tidy;
  }
}

/** Numbers, words and switches of layers. */
function settingsOf(model: CompiledModel): unknown[] {
  const fields = allLayers(model).flatMap((layer) => Object.values(layer) as unknown[]);
  return fields.filter((value) => ['number', 'string', 'boolean'].includes(typeof value));
}

/** Samples of a stateful layer go on where those of the batch before ended, so their order is part of the data. */
export function statefulLayer(model: CompiledModel): string | undefined {
  const layer = allLayers(model).find((one) => (one as { stateful?: boolean }).stateful);
  return layer && `the layer ${layer.name} is stateful: each batch goes on where the one before ended`;
}
