import * as tf from '@tensorflow/tfjs';
import type { NdArray } from '../data/samples.ts';
import { fault, type UnequalError } from '../errors.ts';
import { noteAssigned, withoutAssigning } from './assigning.ts';
import { backward, minimized, namedGradients, sumOf } from './backward.ts';
import { type ModelBatch, selectRows, toTensor } from './batch.ts';
import { hasBoundedScores } from './bounded-scores.ts';
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
import { type BatchTensors, Objective } from './objective.ts';
import { hasOwnMinimize, learningRateOf, requireNoMinimize, requireRate, setLearningRate } from './optimizer.ts';
import { withSeed } from './seeded.ts';
import { slotsOf } from './slots.ts';
import { take, taken, tensors } from './taken.ts';

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
  /** What steps have assigned. */
  private readonly assigned = new Set<tf.Variable>();
  private readonly lasting: Objective;
  /** Whether scores have a bound, once that was tried. */
  private bounded: boolean | undefined;

  /** @param keeps what the loss keeps from call to call, in words, if it does. */
  constructor(
    model: tf.LayersModel,
    private readonly keeps?: string,
  ) {
    this.model = compiledModel(model);
    this.lasting = new Objective(this.model);
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
    if (kind === 'gradient-norm') return this.gradientNorms(batch);
    this.requireScore(kind);
    this.counters.forward += batch.size;
    const scores = tf.tidy(() => {
      const pass = this.objective.look(tensors(batch), kind === 'upper-bound');
      return kind === 'loss' ? pass.losses : pass.scores!;
    });
    return take(scores);
  }

  /** ‖∂lᵢ/∂θ‖₂ by one backward pass per sample: slow and plain, the oracle of every faster way. */
  private async gradientNorms(batch: ModelBatch): Promise<Float32Array> {
    const norms = new Float32Array(batch.size);
    for (let i = 0; i < batch.size; i++) {
      const square = tf.tidy(() => {
        const one = tensors(selectRows(batch, [i]));
        const loss = () => tf.sum<tf.Scalar>(this.objective.look(one, false).losses);
        const { grads } = tf.variableGrads(loss, this.objective.parameters);
        return tf.addN(Object.values(grads).map((gradient) => tf.sum(tf.square(gradient))));
      });
      norms[i] = Math.sqrt((await take(square))[0]);
    }
    this.counters.forward += batch.size;
    this.counters.backward += batch.size;
    return norms;
  }

  step(batch: ModelBatch, weights?: ArrayLike<number>, options: StepOptions = {}): Promise<StepResult> {
    return this.orNothing(async () => {
      if (hasOwnMinimize(this.model.optimizer)) return this.minimize(batch, weights, options);
      const { grads, ...result } = await this.differentiate(batch, weights, options);
      await this.update(grads);
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
    const differentiate = () => this.differentiate(batch, weights, { seed });
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
        tf.dispose(grads.filter((tensor) => tensor !== undefined));
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
    return this.orNothing(() => this.update(gradient.map(tensor)));
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
    return [...new Set([...this.assigned, ...written])].filter((one) => !saved.has(one) && !one.isDisposed);
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

  /** Forward and backward. @throws UnequalError if anything in it is not finite. */
  private async differentiate(
    batch: ModelBatch,
    weights: ArrayLike<number> | undefined,
    { seed, scores: withScores }: StepOptions,
  ): Promise<StepResult & { grads: (tf.Tensor | undefined)[] }> {
    const { finite, grads, ...seen } = noteAssigned(this.assigned, () =>
      this.passed(backward, batch, weights, { seed, scores: withScores }),
    );
    const result = await taken(seen);
    if (Number.isFinite((await take(finite))[0]) && Number.isFinite(result.loss)) return { ...result, grads };
    tf.dispose(grads.filter((tensor) => tensor !== undefined));
    throw this.notFinite(Number.isFinite(result.loss) ? 'gradient' : 'loss', `loss ${result.loss}`);
  }

  /** Lets the user's optimizer make the step. */
  private async minimize(
    batch: ModelBatch,
    weights: ArrayLike<number> | undefined,
    options: StepOptions,
  ): Promise<StepResult> {
    const result = await taken(noteAssigned(this.assigned, () => this.passed(minimized, batch, weights, options)));
    if (!Number.isFinite(result.loss)) throw this.notFinite('loss', `loss ${result.loss}`);
    await this.checkWeights();
    return result;
  }

  private passed<T extends tf.TensorContainer>(
    by: (objective: Objective, batch: BatchTensors, importance?: tf.Tensor1D, withScores?: boolean) => T,
    batch: ModelBatch,
    weights: ArrayLike<number> | undefined,
    { seed, scores }: StepOptions,
  ): T {
    this.counters.forward += batch.size;
    this.counters.backward += batch.size;
    return withSeed(seed, () =>
      tf.tidy(() => {
        const importance = weights && tf.tensor1d(Float32Array.from(weights));
        // Scores may call a loss function of the user's again, which model.fit calls once a step.
        return by(this.objective, tensors(batch), importance, scores);
      }),
    );
  }

  /** Hands the gradients to the user's optimizer and disposes of them. */
  private async update(grads: (tf.Tensor | undefined)[]): Promise<void> {
    const { parameters } = this.objective;
    // As in model.fit, what an optimizer of the user's leaves behind goes.
    noteAssigned(this.assigned, () =>
      tf.tidy(() => this.model.optimizer.applyGradients(namedGradients(parameters, grads))),
    );
    tf.dispose(grads.filter((tensor) => tensor !== undefined));
    await this.checkWeights();
  }

  private async checkWeights(): Promise<void> {
    const [size] = await take(tf.tidy(() => sumOf(this.objective.parameters)));
    if (!Number.isFinite(size)) throw this.notFinite('weight', 'NaN or infinity after the update');
  }

  private notFinite(what: 'loss' | 'gradient' | 'weight', got: string): UnequalError {
    return fault({
      wrong: what === 'weight' ? 'the weights are not finite' : `the ${what} is not finite`,
      got: `${got} at learning rate ${this.learningRate()}`,
      expected: 'finite numbers',
      mend: 'lower the learning rate, clip the gradient, or look at the inputs; the model keeps its last weights',
    });
  }
}

function mean(values: Float32Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
}
