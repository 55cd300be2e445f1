import { Random } from '../../sampling/random.ts';
import type { Context, Pick, State, Update, UpdateResult } from '../method.ts';
import { type Anchor, AnchorPass } from './anchor.ts';
import { reduceVariance } from './vectors.ts';

/** One stage of an anchored method. */
export interface Stage {
  /** Samples of the anchor gradient. */
  readonly anchor: number;
  /** Steps from it to the next; a stage of none is left out. */
  readonly steps: number;
}

export interface AnchoredOptions {
  /** Samples trained on by plain steps before the first anchor. Default 0. */
  readonly warmStart?: number;
  /** Samples at a time in an anchor's pass; see {@link AnchorPass}. */
  readonly chunk?: number;
  /** Stage number 1, 2, … */
  readonly stage: (number: number, random: Random) => Stage;
}

/**
 * Stages of an anchor x̃ with its gradient μ, then steps of v = g_I(x) − g_I(x̃) + μ by the user's optimizer: what SVRG
 * and SCSG share. Both gradients are of the same minibatch with the same randomness, each with the regularisation term,
 * so that v has it once. Moving statistics of batch normalisation follow the passes at x, once a step, as in plain
 * training.
 */
export class AnchoredUpdate implements Update {
  private readonly pass: AnchorPass;
  private random: Random;
  private warmth: number;
  private stage = 0;
  /** Steps left of the stage. */
  private left = 0;
  private anchor: Anchor | undefined;

  constructor(
    private readonly context: Context,
    private readonly options: AnchoredOptions,
  ) {
    this.pass = new AnchorPass(context, options.chunk);
    this.random = context.random.fork('stages');
    this.warmth = options.warmStart ?? 0;
  }

  async prepare(): Promise<boolean> {
    if (this.warmth > 0 || (this.left > 0 && !this.pass.busy)) return false;
    if (this.pass.busy) this.anchor = await this.pass.advance();
    else await this.begin();
    return true;
  }

  private async begin(): Promise<void> {
    let next: Stage;
    do next = this.options.stage(++this.stage, this.random);
    while (next.steps === 0);
    this.left = next.steps;
    await this.pass.begin(next.anchor, await this.context.learner.parameters());
  }

  async step({ batch, weights }: Pick, seed: number): Promise<UpdateResult> {
    const { learner } = this.context;
    const report = { stage: this.stage, pass: { samples: this.pass.taken() } };
    if (this.warmth > 0) {
      this.warmth -= batch.size;
      return { ...(await learner.step(batch, weights, { seed })), report };
    }
    const { at, mean } = this.anchor!;
    // The one that moves the statistics comes last: if anything is not finite, nothing has moved.
    const { gradient: atAnchor } = await learner.gradient(batch, weights, { at, seed });
    const { gradient, ...result } = await learner.gradient(batch, weights, { seed, track: true });
    await learner.apply(reduceVariance(gradient, atAnchor, mean));
    this.left--;
    return { ...result, report };
  }

  state(): State {
    const { warmth, stage, left, anchor } = this;
    return {
      warmth,
      stage,
      left,
      anchor: anchor && { ...anchor },
      random: this.random.state(),
      pass: this.pass.state(),
    };
  }

  restore(state: State): void {
    const saved = state as unknown as AnchoredState;
    this.warmth = saved.warmth;
    this.stage = saved.stage;
    this.left = saved.left;
    this.anchor = saved.anchor;
    this.random = Random.from(saved.random);
    this.pass.restore(saved.pass);
  }
}

interface AnchoredState {
  readonly warmth: number;
  readonly stage: number;
  readonly left: number;
  readonly anchor?: Anchor;
  readonly random: number[];
  readonly pass: State;
}
