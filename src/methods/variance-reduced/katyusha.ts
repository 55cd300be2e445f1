import { fault } from '../../errors.ts';
import type { Parameters } from '../../learner/learner.ts';
import { type Check, type Checks, checkedOptions, integer, positive, range, text } from '../../options.ts';
import type { Context, Method, Pick, State, Update, UpdateResult } from '../method.ts';
import { needsLength } from '../needs.ts';
import { uniform } from '../uniform.ts';
import { type Anchor, AnchorPass } from './anchor.ts';
import { addScaled, copy, reduceVariance, rounded, type Sum, zerosLike } from './vectors.ts';

export interface KatyushaOptions {
  /** Name in tables and curves. */
  name?: string;
  /** Epochs of steps between two snapshots, m = inner · N/b. Default 2, as in the paper. */
  inner?: number;
  /** σ of strong convexity, such as 2λ for the regulariser λ‖w‖². Default 0: the form for σ = 0. */
  sigma?: number;
  /** τ₁, in (0, 1/2], in place of the one that follows from σ. */
  tau1?: number;
  /** Samples at a time in the passes over the data. Default 500 or b; b for a model with batch statistics. */
  chunk?: number;
}

const halfAtMost: Check = (option, value) => {
  if (typeof value === 'number' && value > 0 && value <= 1 / 2) return;
  throw fault({ wrong: `bad ${option}`, got: value, expected: 'a number in (0, 1/2]' });
};

export const katyushaChecks: Checks<KatyushaOptions> = {
  name: text,
  inner: positive,
  sigma: range(0),
  tau1: halfAtMost,
  chunk: integer(1),
};

/**
 * Katyusha: SVRG's gradient v with Nesterov's momentum and, against its noise, a pull towards the snapshot x̃:
 * x = τ₁ z + τ₂ x̃ + (1 − τ₁ − τ₂) y, z ← z − α v, y ← x − v/(3L), with τ₂ = 1/2, α = 1/(3 τ₁ L).
 *
 * 1/(3L) is the optimizer's learning rate, schedules and callbacks included, so α = rate/τ₁. With σ > 0,
 * τ₁ = min(√(mσ/(3L)), 1/2) and the next snapshot is the mean of the y's weighted by (1 + ασ)ʲ (Algorithm 1); with
 * σ = 0, τ₁ = 2/(s + 4) in stage s = 0, 1, … and the plain mean (Algorithm 2). Nothing but the rate of the user's
 * optimizer is used: momentum is the method's own, its slots stay. The model holds y between steps; where a callback sets
 * its weights, the stage begins again from these, with a pass over the data.
 *
 * Unbiased. A step costs two gradients, a snapshot a pass over the data, whose size is `pass.samples` in the step
 * report. Memory: 24 bytes a parameter (x̃, μ, y, z, the sum of the y's), 36 during a pass; nothing per sample. The notes on
 * dropout and batch statistics are those of `svrg`.
 *
 * For ill-conditioned convex problems solved to high accuracy. Not for deep networks (Katharopoulos & Fleuret 2018).
 *
 * References: Allen-Zhu, Katyusha: The First Direct Acceleration of Stochastic Gradient Methods, STOC 2017, Algorithms 1
 * and 2.
 *
 * @example
 * ```ts
 * await fit(model, x, y, { epochs: 10, method: katyusha() });
 * ```
 */
export function katyusha(options: KatyushaOptions = {}): Method {
  options = checkedOptions('katyusha', options, katyushaChecks);
  const { name = 'katyusha', inner = 2, sigma = 0, tau1, chunk } = options;
  return {
    ...uniform(),
    name,
    options: { inner, sigma, tau1, chunk },
    check: (plan) => needsLength(name, plan),
    update: (context) => new KatyushaUpdate({ inner, sigma, tau1, chunk }, context),
  };
}

const tau2 = 1 / 2;

interface Settings {
  readonly inner: number;
  readonly sigma: number;
  readonly tau1?: number;
  readonly chunk?: number;
}

class KatyushaUpdate implements Update {
  private readonly pass: AnchorPass;
  private readonly m: number;
  /** Stage s and steps left of it. */
  private s = -1;
  private left = 0;
  private snapshot: Anchor | undefined;
  private z: Parameters | undefined;
  /** Mean of the stage's y's, and the sum of their weights divided by the last one's. */
  private mean: Sum | undefined;
  private weight = 0;
  /** What the last step has assigned. */
  private y: Parameters | undefined;

  constructor(
    private readonly settings: Settings,
    private readonly context: Context,
  ) {
    this.pass = new AnchorPass(context, settings.chunk);
    this.m = Math.max(1, Math.round((settings.inner * context.length!) / context.batchSize));
  }

  async prepare(): Promise<boolean> {
    if (this.pass.busy) {
      this.snapshot = await this.pass.advance();
      return true;
    }
    const now = await this.context.learner.parameters();
    if (this.y !== undefined && !areTheSame(now, this.y)) {
      // Weights that a callback has set are gone on from: the stage begins again there.
      this.z = this.mean = undefined;
      if (this.left > 0) this.s--;
      this.left = 0;
    }
    this.y = now;
    if (this.left > 0) return false;
    await this.begin(now);
    return true;
  }

  /** x̃ ← the weighted mean of the y's; at first x̃ = y = z. y and z go on. */
  private async begin(y: Parameters): Promise<void> {
    const next = this.mean ? rounded(this.mean) : y;
    this.z ??= copy(next);
    this.mean = zerosLike(next);
    this.weight = 0;
    this.s++;
    this.left = this.m;
    await this.pass.begin(this.context.length!, next);
  }

  async step({ batch, weights }: Pick, seed: number): Promise<UpdateResult> {
    const { learner } = this.context;
    const { sigma } = this.settings;
    const { at: snapshot, mean: mu } = this.snapshot!;
    const z = this.z!;
    const rate = learner.learningRate(); // 1/(3L)
    const tau1 = this.tau1(rate);
    const alpha = rate / tau1;

    const x = this.y!.map((part, k) => {
      const [zk, sk] = [z[k], snapshot[k]];
      return part.map((value, i) => tau1 * zk[i] + tau2 * sk[i] + (1 - tau1 - tau2) * value);
    });
    const { gradient: atSnapshot } = await learner.gradient(batch, weights, { at: snapshot, seed });
    const { gradient, ...result } = await learner.gradient(batch, weights, { at: x, seed, track: true });
    const v = reduceVariance(gradient, atSnapshot, mu);
    addScaled(z, -alpha, v);
    addScaled(x, -rate, v); // y
    await learner.assign(x);
    this.y = x;

    this.average(x, 1 + alpha * sigma);
    this.left--;
    return { ...result, report: { stage: this.s, tau1, pass: { samples: this.pass.taken() } } };
  }

  private tau1(rate: number): number {
    const { sigma, tau1 } = this.settings;
    if (tau1 !== undefined) return tau1;
    return sigma > 0 ? Math.min(Math.sqrt(this.m * sigma * rate), 1 / 2) : 2 / (this.s + 4);
  }

  /** Σ θʲ y_j / Σ θʲ as a running mean, so that no power of θ is ever formed. */
  private average(y: Parameters, theta: number): void {
    this.weight = 1 + this.weight / theta;
    for (const [k, mean] of this.mean!.entries()) {
      const from = y[k];
      for (let i = 0; i < mean.length; i++) mean[i] += (from[i] - mean[i]) / this.weight;
    }
  }

  state(): State {
    const { s, left, snapshot, z, mean, weight, y, pass } = this;
    return {
      s,
      left,
      snapshot: snapshot && { ...snapshot },
      z: z && copy(z),
      mean: mean?.map((part) => part.slice()),
      weight,
      y: y && copy(y),
      pass: pass.state(),
    };
  }

  restore(state: State): void {
    const saved = state as unknown as KatyushaState;
    this.s = saved.s;
    this.left = saved.left;
    this.snapshot = saved.snapshot;
    this.z = saved.z && copy(saved.z);
    this.mean = saved.mean?.map((part) => part.slice());
    this.weight = saved.weight;
    this.pass.restore(saved.pass);
    this.y = saved.y && copy(saved.y);
  }
}

const areTheSame = (a: Parameters, b: Parameters): boolean =>
  a.every((part, k) => part.every((value, i) => value === b[k][i]));

interface KatyushaState {
  readonly s: number;
  readonly left: number;
  readonly snapshot?: Anchor;
  readonly z?: Parameters;
  readonly mean?: Sum;
  readonly weight: number;
  readonly y?: Parameters;
  readonly pass: State;
}
