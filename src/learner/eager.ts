import * as tf from '@tensorflow/tfjs';
import type { NdArray } from '../data/samples.ts';
import { mean } from '../mean.ts';
import { withoutAssigning } from './assigning.ts';
import { type ModelBatch, toTensor } from './batch.ts';
import { hasBoundedScores } from './bounded-scores.ts';
import { gradientNorms } from './eager-norms.ts';
import { EagerPasses } from './eager-passes.ts';
import { makeFirstSlots } from './first-slots.ts';
import type {
  Evaluation,
  GradientOptions,
  GradientResult,
  Learner,
  LearnerState,
  Parameters,
  ScoreKind,
  StepOptions,
  StepResult,
} from './learner.ts';
import { type CompiledModel, compiledModel, requirePresent } from './model.ts';
import { modelState, orAsBefore, restoreModelState } from './model-state.ts';
import { Objective } from './objective.ts';
import { hasOwnMinimize, learningRateOf, requireNoMinimize, requireRate, setLearningRate } from './optimizer.ts';
import { slotsOf } from './slots.ts';
import { take, tensors } from './taken.ts';

/**
 * The learner that runs a model on whatever TensorFlow.js backend is set, one operation at a time. Slow in Node, right
 * everywhere: what the compiled learner is tested against.
 *
 * @example
 * ```ts
 * const learner = new EagerLearner(model);
 * ```
 */
export class EagerLearner implements Learner {
  readonly engine = 'eager';
  readonly counters = { forward: 0, backward: 0 };
  private readonly model: CompiledModel;
  private readonly lasting: Objective;
  private readonly passes: EagerPasses;
  /** Whether scores have a bound, once that was tried. */
  private bounded: boolean | undefined;

  /** @param keeps what the loss keeps from call to call, in words, if it does. */
  constructor(
    model: tf.LayersModel,
    private readonly keeps?: string,
  ) {
    this.model = compiledModel(model);
    this.lasting = new Objective(this.model);
    this.passes = new EagerPasses(this.lasting, this.counters);
  }

  /** @throws UnequalError if the model has been disposed of since. */
  private get objective(): Objective {
    requirePresent(this.lasting.variables);
    return this.lasting;
  }

  learningRate(): number {
    return learningRateOf(this.model.optimizer);
  }

  setLearningRate(rate: number): void {
    requireRate(this.model.optimizer);
    setLearningRate(this.model.optimizer, rate);
  }

  uniformOnly(batch: ModelBatch, grouped?: boolean): string | undefined {
    // Neither to be tried nor to be called for scores.
    if (this.keeps !== undefined) return `${this.keeps}: scores would call it more often than steps do`;
    return tf.tidy(() => this.objective.uniformOnly(tensors(batch), grouped));
  }

  hasBoundedScores(batch: ModelBatch): boolean {
    this.bounded ??= tf.tidy(() => hasBoundedScores(this.objective, tensors(batch)));
    return this.bounded;
  }

  requireScore(kind: ScoreKind): void {
    this.objective.requireScore(kind);
  }

  async scores(batch: ModelBatch, kind: ScoreKind): Promise<Float32Array> {
    if (kind === 'uniform') return new Float32Array(batch.size).fill(1);
    if (kind === 'gradient-norm') {
      this.counters.forward += batch.size;
      this.counters.backward += batch.size;
      return gradientNorms(this.objective, batch);
    }
    this.requireScore(kind);
    this.counters.forward += batch.size;
    const scores = tf.tidy(() => {
      const pass = this.objective.look(tensors(batch), kind === 'upper-bound');
      return kind === 'loss' ? pass.losses : pass.scores!;
    });
    return take(scores);
  }

  step(batch: ModelBatch, weights?: ArrayLike<number>, options: StepOptions = {}): Promise<StepResult> {
    return this.orNothing(async () => {
      if (hasOwnMinimize(this.model.optimizer)) return this.passes.minimize(batch, weights, options);
      const { grads, ...result } = await this.passes.differentiate(batch, weights, options);
      await this.passes.update(grads);
      return result;
    });
  }

  async gradient(
    batch: ModelBatch,
    weights?: ArrayLike<number>,
    { at, seed, track = false }: GradientOptions = {},
  ): Promise<GradientResult> {
    const { parameters } = this.objective;
    const own = parameters.map((variable) => tf.clone(variable));
    const differentiate = () => this.passes.differentiate(batch, weights, { seed });
    try {
      return await this.orNothing(async () => {
        if (at !== undefined) await this.assign(at);
        // Looking at a gradient moves nothing, batch statistics neither.
        const { grads, ...result } = await (track ? differentiate() : withoutAssigning(differentiate));
        const gradient = grads.map((tensor, k) => {
          // A parameter without a gradient stays where it is.
          if (tensor === undefined) return new Float32Array(parameters[k].size);
          return tensor.dataSync().slice() as Float32Array;
        });
        tf.dispose(grads);
        return { ...result, gradient };
      });
    } finally {
      for (const [k, variable] of parameters.entries()) variable.assign(own[k]);
      tf.dispose(own);
    }
  }

  async apply(gradient: Parameters): Promise<void> {
    requireNoMinimize(this.model.optimizer);
    const { parameters } = this.objective;
    const tensor = (values: Float32Array, k: number) =>
      parameters[k].trainable ? tf.tensor(values, parameters[k].shape as number[], 'float32') : undefined;
    return this.orNothing(() => this.passes.update(gradient.map(tensor)));
  }

  async evaluate(batch: ModelBatch): Promise<Evaluation> {
    const [losses, ...metrics] = tf.tidy(() => {
      const { xs, ys } = tensors(batch);
      const pass = this.objective.pass({ xs, ys }, false, false);
      return [pass.losses, ...this.objective.metrics(ys, pass)];
    });
    const values = await take(losses);
    const rest = await Promise.all(metrics.map(async (metric) => (await take(metric))[0]));
    return { losses: values, metrics: [mean(values), ...rest] };
  }

  async outputs(batch: ModelBatch): Promise<NdArray[]> {
    this.counters.forward += batch.size;
    const outputs = tf.tidy(() => this.objective.forward(batch.xs.map(toTensor), false));
    return Promise.all(
      outputs.map(async (output) => ({ shape: output.shape, dtype: 'float32', data: await take(output) })),
    );
  }

  async parameters(): Promise<Parameters> {
    return this.objective.parameters.map((variable) => variable.dataSync().slice() as Float32Array);
  }

  async assign(parameters: Parameters): Promise<void> {
    for (const [k, variable] of this.objective.parameters.entries()) {
      tf.tidy(() => variable.assign(tf.tensor(parameters[k].slice(), variable.shape, 'float32')));
    }
  }

  async state(): Promise<LearnerState> {
    return modelState(this.model, this.objective.variables);
  }

  unsaved(written: Iterable<tf.Variable> = []): tf.Variable[] {
    const saved = new Set([
      ...this.objective.variables,
      ...slotsOf(this.model.optimizer).map(({ variable }) => variable),
    ]);
    return [...new Set([...this.passes.assigned, ...written])].filter((one) => !saved.has(one) && !one.isDisposed);
  }

  async restore(state: LearnerState): Promise<void> {
    restoreModelState(this.model, this.objective.variables, state);
  }

  makeSlots(): () => void {
    return makeFirstSlots(this.objective);
  }

  async dispose(): Promise<void> {}

  /** Runs `f`; if it fails, variables and optimizer are as they were before. */
  private orNothing<T>(f: () => Promise<T>): Promise<T> {
    return orAsBefore(this.objective.variables, this.model.optimizer, f);
  }
}
