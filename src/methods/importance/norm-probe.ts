import type { GainMeter } from '../../decision/index.ts';
import type { ModelBatch } from '../../learner/batch.ts';
import type { Context } from '../method.ts';

/** Exact norms may take this share of the time; the first look at them waits as if it took this many first steps. */
const share = 0.005;
const firstSteps = 20;

/** Looks at exact norms now and then, for what scores cannot tell: how much of a step is noise. */
export class NormProbe {
  private looks = { spent: 0, last: 0, possible: true };

  constructor(
    private readonly context: Context,
    private readonly meter: GainMeter,
  ) {}

  /** Takes these samples, which are picked uniformly, if it is time for a look. */
  async look(samples: () => ModelBatch | Promise<ModelBatch>): Promise<void> {
    const { learner, costs, batchSize, seconds } = this.context;
    const { looks } = this;
    if (!looks.possible || costs.first === undefined) return;
    const expected = looks.last || firstSteps * costs.first * batchSize;
    if (looks.spent + expected > share * seconds()) return;
    const from = seconds();
    const batch = await samples();
    try {
      const norms = await learner.scores(batch, 'gradient-norm');
      const { gradient, scores, losses } = await learner.gradient(batch);
      let meanSquare = 0;
      for (const part of gradient) for (const value of part) meanSquare += value * value;
      this.meter.probe({ norms, scores: scores ?? losses, meanSquare });
    } catch {
      // A model whose norms cannot be had is trained without them.
      looks.possible = false;
    }
    const took = Math.max(0, seconds() - from);
    // Time is not saved up: a clock that is set forward grants one look, not as many as the time it leaps over would.
    looks.spent = Math.max(looks.spent, share * from - expected) + took;
    // The first look pays for compilation; the next ones are cheaper than it.
    looks.last = looks.last === 0 ? took / 2 : took;
  }

  state() {
    return { ...this.looks };
  }

  restore(state: ReturnType<NormProbe['state']>): void {
    this.looks = { ...state };
  }
}
