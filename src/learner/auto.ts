import type * as tf from '@tensorflow/tfjs';
import { isUncompiled } from '../compiler/index.ts';
import type { NdArray } from '../data/samples.ts';
import type { ModelBatch } from './batch.ts';
import type { CompiledLearner } from './compiled.ts';
import type {
  Counters,
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
import type { OnDevice } from './on-device.ts';
import type { RareSizes } from './rare-sizes.ts';

/**
 * The compiled learner as long as the model can be compiled, the eager one from then on. Both train the same variables, so
 * nothing is lost where the one takes over from the other.
 */
export class AutoLearner implements Learner {
  private learner: Learner;
  /** Makes the steps on batches of rare sizes, and all that is done in a run of a few steps. */
  private aside: Learner | undefined;
  /** Whether the run that goes on is one of a few steps. */
  private isBrief = false;
  private isPrepared = false;
  /** Why the model is trained eagerly, until something was done so: what cannot be done at all says so itself. */
  private untold: { readonly why: unknown } | undefined;

  /**
   * @param makeEager makes the eager learner when it is needed.
   * @param told called once, with why the model is no longer compiled.
   * @param sizes which batches are trained on eagerly all the same; without it, none.
   */
  constructor(
    private readonly compiled: CompiledLearner,
    private readonly makeEager: () => Promise<Learner>,
    private readonly told: (why: unknown) => void,
    private readonly sizes?: RareSizes,
  ) {
    this.learner = compiled;
  }

  get engine(): 'eager' | 'compiled' {
    return this.current.engine;
  }

  get onDevice(): OnDevice | undefined {
    return this.learner.onDevice;
  }

  get counters(): Counters {
    return this.current.counters;
  }

  uniformOnly(batch: ModelBatch, grouped?: boolean): string | undefined {
    return this.learner.uniformOnly?.(batch, grouped);
  }

  hasBoundedScores(batch: ModelBatch): boolean {
    return this.learner.hasBoundedScores?.(batch) ?? true;
  }

  lookAgain(): void {
    this.learner.lookAgain?.();
  }

  /** Makes ready for a run on such batches, of so many steps where that is known. */
  async prepare(batch: ModelBatch, steps = Number.POSITIVE_INFINITY): Promise<void> {
    this.isBrief = this.learner === this.compiled && this.sizes?.isBrief(batch, steps) === true;
    if (this.isBrief) this.aside ??= await this.makeEager();
    else if (!this.isPrepared) {
      await this.run(
        () => this.compiled.prepare(batch),
        () => Promise.resolve(),
      );
      this.isPrepared = true;
      this.sizes?.isRare(batch);
    }
  }

  learningRate(): number {
    return this.learner.learningRate();
  }

  setLearningRate(rate: number): void {
    this.learner.setLearningRate(rate);
  }

  requireScore(kind: ScoreKind): void {
    this.learner.requireScore(kind);
  }

  scores(batch: ModelBatch, kind: ScoreKind): Promise<Float32Array> {
    return this.run((learner) => learner.scores(batch, kind));
  }

  async step(batch: ModelBatch, weights?: ArrayLike<number>, options?: StepOptions): Promise<StepResult> {
    if (this.current === this.compiled && this.sizes?.isRare(batch)) {
      this.aside ??= await this.makeEager();
      const result = await this.aside.step(batch, weights, options).catch(() => undefined);
      if (result !== undefined) {
        this.counters.forward += batch.size;
        this.counters.backward += batch.size;
        return result;
      }
      // Nothing has changed. If the step cannot be made at all, the compiled one says why.
    }
    return this.run((learner) => learner.step(batch, weights, options));
  }

  iterate(pool: ModelBatch, draw: DrawRequest, options?: StepOptions): Promise<IterationResult | Refusal> {
    const eagerly = async (): Promise<Refusal> => ({ why: 'the model is trained eagerly' });
    return this.run((learner) => learner.iterate?.(pool, draw, options) ?? eagerly(), eagerly);
  }

  gradient(batch: ModelBatch, weights?: ArrayLike<number>, options?: GradientOptions): Promise<GradientResult> {
    return this.run((learner) => learner.gradient(batch, weights, options));
  }

  apply(gradient: Parameters): Promise<void> {
    return this.run((learner) => learner.apply(gradient));
  }

  evaluate(batch: ModelBatch): Promise<Evaluation> {
    return this.run((learner) => learner.evaluate(batch));
  }

  outputs(batch: ModelBatch): Promise<NdArray[]> {
    return this.run((learner) => learner.outputs(batch));
  }

  parameters(): Promise<Parameters> {
    return this.learner.parameters();
  }

  assign(parameters: Parameters): Promise<void> {
    return this.learner.assign(parameters);
  }

  state(): Promise<LearnerState> {
    return this.learner.state();
  }

  unsaved(): readonly tf.Variable[] {
    return this.learner.unsaved?.() ?? [];
  }

  sessions(): readonly object[] {
    return this.learner.sessions?.() ?? [];
  }

  makeSlots(): () => void {
    return this.learner.makeSlots?.() ?? (() => {});
  }

  restore(state: LearnerState): Promise<void> {
    return this.learner.restore(state);
  }

  async dispose(): Promise<void> {
    await this.learner.dispose();
  }

  /** The learner of this run. */
  private get current(): Learner {
    return this.isBrief ? this.aside! : this.learner;
  }

  /** Runs `f`, and `again` by the eager learner where the compiled one cannot. */
  private async run<T>(f: (learner: Learner) => Promise<T>, again: (learner: Learner) => Promise<T> = f): Promise<T> {
    if (this.current !== this.compiled) {
      const result = await f(this.current);
      this.tell();
      return result;
    }
    let why: unknown;
    try {
      return await f(this.compiled);
    } catch (error) {
      if (!isUncompiled(error)) throw error;
      why = error;
    }
    const eager = await this.makeEager();
    Object.assign(eager.counters, this.compiled.counters);
    let result: T;
    try {
      result = await again(eager);
    } catch {
      // TensorFlow.js cannot do it either: the first error says what is wrong.
      throw why;
    }
    this.learner = eager;
    this.untold = { why };
    if (again === f) this.tell();
    await this.compiled.dispose();
    return result;
  }

  private tell(): void {
    const { untold } = this;
    this.untold = undefined;
    if (untold !== undefined) this.told(untold.why);
  }
}
