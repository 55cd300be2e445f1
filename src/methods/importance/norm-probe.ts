import type { GainMeter } from '../../decision/index.ts';
import type { ModelBatch } from '../../learner/batch.ts';
import type { Context } from '../method.ts';

/** The step of the first look at exact norms; every next one is twice as far on, so that all of them cost little. */
const first = 256;

/** Looks at exact norms now and then, for what scores cannot tell: how much of a step is noise. */
export class NormProbe {
  private next = first;
  private possible = true;

  constructor(
    private readonly context: Pick<Context, 'learner'>,
    private readonly meter: GainMeter,
  ) {}

  /** Takes these samples, which are picked uniformly, if it is time for a look. */
  async look(step: number, samples: () => ModelBatch | Promise<ModelBatch>): Promise<void> {
    if (!this.possible || step < this.next) return;
    this.next = 2 * step;
    const { learner } = this.context;
    const batch = await samples();
    try {
      const norms = await learner.scores(batch, 'gradient-norm');
      const { gradient, scores, losses } = await learner.gradient(batch);
      let meanSquare = 0;
      for (const part of gradient) for (const value of part) meanSquare += value * value;
      this.meter.probe({ norms, scores: scores ?? losses, meanSquare });
    } catch {
      // A model whose norms cannot be had is trained without them.
      this.possible = false;
    }
  }

  state(): { readonly next: number; readonly possible: boolean } {
    return { next: this.next, possible: this.possible };
  }

  restore(state: ReturnType<NormProbe['state']>): void {
    Object.assign(this, state);
  }
}
