import type { Learner } from '../learner/learner.ts';
import type { Pick, Pool, Resample, Update, UpdateResult } from '../methods/method.ts';
import { drawnInOnePass } from '../methods/resample.ts';
import { locatedFault } from './located-fault.ts';

export type Turn = <T>(update: () => Promise<T>) => Promise<T>;

/** Carries out a method's updates, each at its own learning rate; what goes wrong is told with where it did. */
export class Updater {
  /** Why scoring and training take two passes, once that is known. */
  twoPasses: string | undefined;

  /**
   * @param done steps so far.
   * @param called what a sample is called.
   * @param turn runs an update when nobody else needs the weights as they are.
   */
  constructor(
    private readonly update: Update,
    private readonly learner: Learner,
    private readonly done: () => number,
    private readonly called: ((index: number) => number) | undefined,
    private readonly turn: Turn,
  ) {}

  step(pick: Pick, seed: number): Promise<UpdateResult> {
    return this.atRate(pick, pick.rateFactor, () => this.update.step(pick, seed));
  }

  /** Scores, draws and updates at once, where update and learner can. */
  async inOnePass(draw: Resample, seed: number) {
    const { iterate } = this.update;
    // A pass of the model's own would not see scores that someone has changed, and counts as a whole step.
    if (iterate === undefined || draw.scores || draw.share || draw.learner !== this.learner) return undefined;
    const { pool, request, rateFactor } = draw;
    const answer = await this.atRate(pool, rateFactor, () => iterate(pool, request, seed));
    this.twoPasses = 'why' in answer ? answer.why : undefined;
    return 'why' in answer ? undefined : { pick: drawnInOnePass(draw, answer), result: answer as UpdateResult };
  }

  /** @param pool what was trained on; nothing before the step. */
  located(error: unknown, pool?: Pool): unknown {
    const { called, learner } = this;
    return locatedFault(error, { step: this.done(), learningRate: learner.learningRate(), pool, called });
  }

  /** Whatever else sets the rate finds it as it left it. */
  private async atRate<T>(pool: Pool, factor: number | undefined, update: () => Promise<T>): Promise<T> {
    const { learner } = this;
    const learningRate = learner.learningRate();
    if (factor !== undefined) learner.setLearningRate(learningRate * factor);
    try {
      return await this.turn(update);
    } catch (error) {
      throw this.located(error, pool);
    } finally {
      if (factor !== undefined) learner.setLearningRate(learningRate);
    }
  }
}
