import { fault } from '../../errors.ts';
import type { Learner, ScoreKind } from '../../learner/learner.ts';
import { belowOne, type Check, type Checks, checkedOptions, isPlain, range, text } from '../../options.ts';
import { AdaptiveSmoothing, additive, power, type Smoothing } from '../../sampling/smoothing.ts';
import { checkMethod } from '../check-method.ts';
import type { Method, State } from '../method.ts';
import { wrapped } from '../wrapped.ts';
import { importance } from './importance.ts';
import { rememberOriginal } from './original-scores.ts';

/** How scores are made more alike: s + c, s + c μ with the moving average μ of the scores, or sᵏ. */
export type SmoothingOption = { additive: number } | { adaptive: number; decay?: number } | { power: number };

/** One of the three kinds, and nothing of another. */
export const smoothings: Check = (option, value) => void smoothingOf(option, value);

function smoothingOf(option: string, value: unknown): SmoothingOption {
  const kinds = { additive: range(0), adaptive: range(0), power: range(0, 1) };
  const kind = isPlain(value) && Object.keys(kinds).find((name) => (value[name] ?? undefined) !== undefined);
  if (!kind) throw fault({ wrong: `bad ${option}`, got: value, expected: '{ additive }, { adaptive } or { power }' });
  const checks: Checks<{ [name: string]: unknown }> = { [kind]: kinds[kind as keyof typeof kinds] };
  return checkedOptions(
    option,
    value,
    kind === 'adaptive' ? { ...checks, decay: belowOne } : checks,
    Object.fromEntries([...Object.keys(kinds), 'decay'].map((other) => [other, `it does not go with '${kind}'`])),
  ) as SmoothingOption;
}

/**
 * A method that goes by smoothed scores and losses. The weights follow the smoothed scores, so that what was unbiased
 * stays so; distributions come nearer to uniform, and stale or noisy scores do less harm.
 *
 * @param smoothing default `{ adaptive: 0.5 }`.
 * @param method default {@link importance} with fresh scores, which are what is smoothed, and unbiased weights.
 *
 * References: Katharopoulos & Fleuret 2017 (arXiv:1706.00043), section 4.1; importance_sampling,
 * `AdditiveSmoothingSampler`, `AdaptiveAdditiveSmoothingSampler`, `PowerSmoothingSampler`.
 *
 * @example
 * ```ts
 * await fit(model, x, y, { epochs: 10, method: smoothed({ adaptive: 0.5 }) });
 * ```
 */
export function smoothed(smoothing?: SmoothingOption, method?: Method, name?: string): Method {
  smoothing = smoothingOf('smoothing of smoothed', smoothing ?? { adaptive: 0.5 });
  method ??= importance({ scores: 'fresh', weightPower: 1 });
  checkMethod('smoothed', method);
  name ??= `${method.name}, smoothed`;
  text('name of smoothed', name);
  return {
    ...method,
    name,
    options: { ...method.options, smoothing: { ...smoothing } },
    sampler: (context) => {
      const smoother = new Smoother(smoothing);
      const { learner } = context;
      const scores: Learner['scores'] = async (batch, kind) => {
        const found = await learner.scores(batch, kind);
        return rememberOriginal(smoother.smooth(found, kind), found);
      };
      const sampler = method.sampler({ ...context, learner: Object.create(learner, { scores: { value: scores } }) });
      return wrapped(sampler, {
        observe: (pick, result) => {
          const losses = rememberOriginal(smoother.smooth(result.losses, 'loss'), result.losses);
          const scores = result.scores && smoother.smooth(result.scores, 'upper-bound');
          smoother.endStep();
          return sampler.observe?.(pick, { ...result, losses, scores });
        },
        state: () => ({ sampler: sampler.state(), smoother: smoother.state() }),
        restore: (state) => {
          const saved = state as { sampler: State; smoother: State };
          sampler.restore(saved.sampler);
          smoother.restore(saved.smoother);
        },
      });
    },
  };
}

/** Applies a smoothing; the adaptive one keeps an average for each kind of score, which moves once a step. */
class Smoother {
  private readonly fixed: Smoothing | undefined;
  private readonly options: { share: number; decay?: number } | undefined;
  private averages: { [kind: string]: AdaptiveSmoothing } = {};
  private readonly moved = new Set<ScoreKind>();

  constructor(smoothing: SmoothingOption) {
    if ('additive' in smoothing) this.fixed = additive(smoothing.additive);
    else if ('power' in smoothing) this.fixed = power(smoothing.power);
    else if ('adaptive' in smoothing) {
      this.options = { share: smoothing.adaptive, decay: smoothing.decay };
      new AdaptiveSmoothing(this.options);
    } else throw fault({ wrong: 'bad smoothing', got: smoothing, expected: '{ additive }, { adaptive } or { power }' });
  }

  smooth(scores: Float32Array, kind: ScoreKind): Float32Array {
    const values = Float64Array.from(scores);
    if (this.fixed) return Float32Array.from(this.fixed(values));
    const average = this.averages[kind] ?? new AdaptiveSmoothing(this.options);
    // A presample's average counts; the batch picked from it, which is no fair sample, does not.
    const own = this.moved.has(kind) ? new AdaptiveSmoothing(average.state()) : average;
    if (own === average) this.averages[kind] = average;
    this.moved.add(kind);
    return Float32Array.from(own.smooth(values));
  }

  endStep(): void {
    this.moved.clear();
  }

  state(): State {
    return Object.fromEntries(Object.entries(this.averages).map(([kind, average]) => [kind, average.state()]));
  }

  restore(state: State): void {
    const saved = state as unknown as { [kind: string]: ReturnType<AdaptiveSmoothing['state']> };
    this.averages = Object.fromEntries(Object.entries(saved).map(([kind, one]) => [kind, new AdaptiveSmoothing(one)]));
  }
}
