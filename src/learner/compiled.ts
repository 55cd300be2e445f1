import type * as tf from '@tensorflow/tfjs';
import { type Compiled, type CompileOptions, usesDevice } from '../compiler/index.ts';
import type { NdArray } from '../data/samples.ts';
import type { ModelBatch } from './batch.ts';
import { CompiledFunctions } from './compiled-functions.ts';
import { CompiledIterations } from './compiled-iterations.ts';
import { gradientNorms } from './compiled-norms.ts';
import {
  evaluationPass,
  gradientName,
  gradientPass,
  outputPass,
  scorePass,
  stepPass,
  updatePass,
} from './compiled-passes.ts';
import { EagerLearner } from './eager.ts';
import { type PassOptions, runFinite } from './finite-run.ts';
import { Guard } from './guard.ts';
import type {
  DrawRequest,
  Evaluation,
  GradientOptions,
  GradientResult,
  IterationResult,
  Learner,
  LearnerState,
  Parameters,
  Refusal,
  ScoreKind,
  StepOptions,
  StepResult,
} from './learner.ts';
import { type CompiledModel, compiledModel } from './model.ts';
import { feeds, type Outputs, result, shapesOf } from './named.ts';
import { Objective } from './objective.ts';
import { OnDevice } from './on-device.ts';
import { requireNoMinimize } from './optimizer.ts';

/**
 * The learner that runs a model through ONNX Runtime: each of its passes is a function of tensors that is traced once
 * for a batch size and from then on runs natively. The numbers are those of the eager learner, to float precision.
 *
 * Weights and optimizer slots stay in the runtime until someone looks at the model's variables, which always have the
 * newest values.
 *
 * @example
 * ```ts
 * const learner = new CompiledLearner(model);
 * ```
 */
export class CompiledLearner implements Learner {
  readonly engine = 'compiled';
  readonly counters = { forward: 0, backward: 0 };
  private readonly model: CompiledModel;
  private readonly objective: Objective;
  /** Reads and writes the variables. */
  private readonly eager: EagerLearner;
  private readonly guard: Guard;
  private functions: CompiledFunctions;
  onDevice: OnDevice | undefined;
  private readonly iterations: CompiledIterations;

  /**
   * @param canGiveUp whether a model that changes at every step is an error, in place of a new graph for each.
   * @param isClear whether the user's code in the model is known to keep nothing from call to call.
   * @param isAsRead whether it still is the code that was read.
   */
  constructor(
    model: tf.LayersModel,
    options: CompileOptions = {},
    canGiveUp = false,
    isClear = true,
    isAsRead?: () => boolean,
  ) {
    this.model = compiledModel(model);
    this.objective = new Objective(this.model);
    this.guard = new Guard(this.objective, canGiveUp, isClear, isAsRead);
    this.functions = new CompiledFunctions(this.model, options, this.guard);
    this.eager = new EagerLearner(model);
    const { objective, guard, counters, eager } = this;
    this.iterations = new CompiledIterations({ objective, guard, counters, learningRate: () => eager.learningRate() });
    if (usesDevice(options)) this.onDevice = new OnDevice(this.model, () => this.leaveDevice(options));
  }

  /** Goes on with the other providers, once a device is lost. */
  private async leaveDevice(options: CompileOptions): Promise<void> {
    this.onDevice = undefined;
    // Sessions of a lost device may not even end.
    await this.functions.dispose().catch(() => undefined);
    const others = options.executionProviders!.filter((provider) => provider !== 'webgpu');
    const executionProviders = others.length > 0 ? others : undefined;
    this.functions = new CompiledFunctions(this.model, { ...options, executionProviders }, this.guard);
  }

  uniformOnly(batch: ModelBatch, grouped?: boolean): string | undefined {
    return this.eager.uniformOnly(batch, grouped);
  }

  hasBoundedScores(batch: ModelBatch): boolean {
    return this.eager.hasBoundedScores(batch);
  }

  lookAgain(): void {
    this.guard.lookAgain();
  }

  learningRate(): number {
    return this.eager.learningRate();
  }

  setLearningRate(rate: number): void {
    this.eager.setLearningRate(rate);
  }

  /**
   * Traces and loads what a step on such a batch needs, without running it.
   * @throws UnequalError if something in the model, its loss or its optimizer cannot be compiled.
   */
  async prepare(batch: ModelBatch): Promise<void> {
    const step = stepPass(this.functions, this.objective, batch);
    await step.prepare({ ...shapesOf(batch), weights: [batch.size] });
  }

  requireScore(kind: ScoreKind): void {
    this.objective.requireScore(kind);
  }

  async scores(batch: ModelBatch, kind: ScoreKind): Promise<Float32Array> {
    if (kind === 'uniform') return new Float32Array(batch.size).fill(1);
    this.requireScore(kind);
    this.counters.forward += batch.size;
    if (kind === 'gradient-norm') {
      this.counters.backward += batch.size;
      return gradientNorms(this.functions, this.objective, batch);
    }
    const score = scorePass(this.functions, this.objective, batch, kind);
    return (await score.run(feeds(batch))).scores.data as Float32Array;
  }

  async step(batch: ModelBatch, weights?: ArrayLike<number>, options: StepOptions = {}): Promise<StepResult> {
    this.guard.step();
    const step = stepPass(this.functions, this.objective, batch);
    return result(await this.pass(step, batch, weights, options));
  }

  iterate(pool: ModelBatch, draw: DrawRequest, { seed }: StepOptions = {}): Promise<IterationResult | Refusal> {
    return this.iterations.run(this.functions, pool, draw, seed);
  }

  async gradient(
    batch: ModelBatch,
    weights?: ArrayLike<number>,
    { at, seed, track = false }: GradientOptions = {},
  ): Promise<GradientResult> {
    const compiled = gradientPass(this.functions, this.objective, batch);
    const values = at && new Map(this.objective.parameters.map((variable, k) => [variable, at[k]]));
    const outputs = await this.pass(compiled, batch, weights, { seed, track, values });
    const gradient = this.objective.parameters.map((_, k) => outputs[gradientName(k)].data as Float32Array);
    return { ...result(outputs), gradient };
  }

  async apply(gradient: Parameters): Promise<void> {
    requireNoMinimize(this.model.optimizer);
    const inputs = Object.fromEntries(gradient.map((values, k) => [gradientName(k), values]));
    await updatePass(this.functions, this.objective).run(inputs);
  }

  async evaluate(batch: ModelBatch): Promise<Evaluation> {
    const { lossWeights: _, ...unweighted } = batch;
    const compiled = evaluationPass(this.functions, this.objective, unweighted);
    const { loss, losses, metrics } = result(await compiled.run(feeds(unweighted)));
    return { losses, metrics: [loss, ...metrics] };
  }

  async outputs(batch: ModelBatch): Promise<NdArray[]> {
    this.counters.forward += batch.size;
    const { lossWeights: _, ...unweighted } = batch;
    const compiled = outputPass(this.functions, this.objective, unweighted);
    const outputs = await compiled.run(feeds(unweighted));
    return this.model.outputs.map((_, k) => ({ ...outputs[`output${k}`], dtype: 'float32' }) as NdArray);
  }

  async parameters(): Promise<Parameters> {
    await this.onDevice?.makeReadable();
    return this.eager.parameters();
  }

  assign(parameters: Parameters): Promise<void> {
    return this.eager.assign(parameters);
  }

  async state(): Promise<LearnerState> {
    await this.onDevice?.fetch();
    return this.eager.state();
  }

  unsaved(): tf.Variable[] {
    return this.eager.unsaved(this.functions.written());
  }

  sessions(): readonly object[] {
    return this.functions.programs().map(({ session }) => session);
  }

  makeSlots(): () => void {
    return this.eager.makeSlots();
  }

  async restore(state: LearnerState): Promise<void> {
    await this.eager.restore(state);
  }

  async dispose(): Promise<void> {
    await this.functions.dispose();
  }

  /** A forward and backward pass of the batch. */
  private pass(
    compiled: Compiled,
    batch: ModelBatch,
    weights: ArrayLike<number> | undefined,
    options: PassOptions,
  ): Promise<Outputs> {
    this.counters.forward += batch.size;
    this.counters.backward += batch.size;
    const importance = weights === undefined ? new Float32Array(batch.size).fill(1) : Float32Array.from(weights);
    return runFinite(compiled, { ...feeds(batch), weights: importance }, options, () => this.learningRate());
  }
}
