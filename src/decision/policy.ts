/**
 * When to train by importance, from how large a presample, and how far to lean towards hard samples. This page is the
 * whole rule; what it goes by is measured elsewhere in this room.
 *
 * All is counted in uniform steps. A step on b samples drawn from B, with probabilities p in proportion to their scores s,
 *
 *     costs     c = 1 + d                        by stored scores, d the draw
 *               c = 1 + (B/b − 1) f              by fresh scores in one pass with the step, f = t_f / (t_f + t_b)
 *               c = 1 + (B/b) f                  in two passes (section 3.3)
 *     is        γ = E‖g_U‖² / E‖g_IS‖²           times shorter for the same mean, with unbiased weights w = 1/(B p)
 *     gets      v = (1 − φ/γ) / (1 − φ)          times as far, where φ of a step's progress is taken back by its length: ¼, for
 *                                                it is ½ at the best learning rate, and schedules let it fall to 0
 *     holds     ℓ = E_p[s] / E[s]                times as hard samples as there are,
 *               ρ                                of whose scores do not fall when trained on, as those of wrong labels
 *     leans     with the weights w^k             k = (ρ − ρ₀) / (ρ₁ − ρ₀), within 0 and 1; 1 where scores have no bound
 *     is worth  ω = (ℓ/δ)^(1 − k) · v^k          a lead where samples are learned, an unbiased step where they resist
 *
 * A lead is measured on the samples that are drawn, and is worth less on new ones: δ times less. The ratio B/b is the one with
 * the largest ω/c. Train by importance while
 *
 *     ω > c     it is worth more than it costs,
 *     ρ < ρ₁    most of what it draws can be learned, and
 *     m > m₀    m = L / L₁ : samples seen before still lose more than m₀ of what new ones do, those of validation where
 *               there are any, else samples when first seen. Losses that go below 0 have no m.
 *
 * Scores that grow with the distance, as those of squared errors, would with smaller weights draw the model to outliers and long
 * tails, away from the mean that it is to give: the steps are unbiased. Beyond ρ₁ it would be wrong labels that are fitted
 * sooner, however the weights are; below m₀ what is left to fit is memorised. Both lower the training loss and help no new
 * sample. Where losses have no m, neither can be told. What is on or in use stays unless the other side is ahead by h; m, a
 * mean of few large losses, has to come back by 4h.
 *
 * References: Katharopoulos & Fleuret 2018, section 3.3 (c); Johnson & Guestrin 2018, eq. 12 (γ); Bottou, Curtis &
 * Nocedal 2018, eq. 4.4 (v); Katharopoulos & Fleuret 2017, eq. 8 (w^k); Mindermann et al. 2022 (ρ: learnable or not).
 */
export function decide(evidence: Evidence, rule: Rule, before: Decision | undefined): Decision {
  const { lead, resistance, resisted = resistance, fitted, signed = false, bounded = true } = evidence;
  const { learns, resists, memorised, discount, hysteresis: h } = rule;
  const was = before?.on ?? false;
  // ρ₀ at or above ρ₁ leaves nothing in between: there are no weights until it is off.
  const lean = ((resistance ?? 1) - learns) / Math.max(resists - learns, Number.EPSILON);
  const measured = bounded ? within01(lean) : 1;
  const k = rule.weightPower === 'measured' ? measured : rule.weightPower;

  const leaning = lead === undefined ? undefined : lead / discount;
  const weighed = evidence.ratios.map(({ ratio, gain, cost }) => {
    const unbiased = rule.rateFollows ? Math.min(largestRateFactor, gain) : stepWorth(gain);
    const worth =
      leaning === undefined || k === 1 ? unbiased : leaning ** (1 - k) * Math.max(leastWorth, unbiased) ** k;
    return { ratio, gain, cost, worth };
  });
  const merit = ({ ratio, worth, cost }: (typeof weighed)[number]) =>
    (worth / cost) * (was && ratio === before?.ratio ? 1 + h : 1);
  const best = weighed.reduce((best, one) => (merit(one) > merit(best) ? one : best));

  const edge = was ? 1 - h : 1 + h;
  const pays = best.worth > best.cost * edge;
  const most = resists * (was ? 1 + h : 1 - h);
  const learnable = resistance === undefined || resistance < most;
  const fresh = fitted === undefined || fitted > memorised * (was ? 1 - h : 1 + 4 * h);
  // What resists makes weights unbiased, and a step worth less by that: it is to blame where a step that leans would pay.
  const leansPay = leaning !== undefined && leaning > best.cost * edge;
  const blocked = !learnable && (pays || leansPay);
  const spent = signed ? 'signed' : fresh ? undefined : 'memorised';
  // What has been seen does not resist: it is the beginning of the average that does, and may not be all that is against it.
  const blame = resisted! < most ? (spent ?? 'unknown') : 'resists';
  const against = blocked ? blame : pays ? spent : 'worth';
  return { on: against === undefined, against, ...best, weightPower: k, lead, resistance, resisted, fitted };
}

/**
 * φ. In a quadratic model a step of rate η gains η‖G‖² − ½η²h E‖g‖² (Bottou, Curtis & Nocedal 2018, eq. 4.4): at the best η the
 * second term is half of the first, and of one that falls from there to 0 a quarter on average.
 */
const lost = 1 / 4;

/** v: uniform steps that one with `gain` times smaller E‖g‖² is worth. */
export function stepWorth(gain: number): number {
  return (1 - lost / gain) / (1 - lost);
}

/** What the rule goes by. */
export interface Evidence {
  /** For each B/b to choose among: γ, and c. */
  readonly ratios: readonly { readonly ratio: number; readonly gain: number; readonly cost: number }[];
  /** ℓ; absent where scores are fresh, which tell nothing of the one before. */
  readonly lead?: number;
  /** ρ, in [0, 1]: an average that begins at 1, so that nothing is taken for learnable that has not been seen to be. */
  readonly resistance?: number;
  /** The same of what has been seen alone. Default ρ. */
  readonly resisted?: number;
  /** m; absent until samples have come again. */
  readonly fitted?: number;
  /** Whether losses go below 0, so that there is no m. Default false. */
  readonly signed?: boolean;
  /** Whether scores have a bound, however far from its target a sample is. Default true. */
  readonly bounded?: boolean;
}

/** The numbers of the rule that can be set. Half and double of each: `unequal experiment sensitivity`. */
export type Constants = {
  /** ρ₀: up to this share of scores that resist, there are no weights. Default 0.3. */
  readonly learns: number;
  /** ρ₁: from this share on, training is uniform; up to there k rises to 1. Default 0.5. */
  readonly resists: number;
  /** m₀: below this share of the loss of new samples, training is uniform. Default 0.5. */
  readonly memorised: number;
  /** δ: a lead is worth this many times less on new samples than on those drawn. Default 1.2. */
  readonly discount: number;
  /** h: by how much the other side must be ahead. Default 0.05. */
  readonly hysteresis: number;
  /** d: what a draw by stored scores is taken to cost, in steps. Default 0.05. */
  readonly draw: number;
  /** f: t_f / (t_f + t_b), where it is not measured. Default 1/3. */
  readonly forward: number;
};

export const constants: Constants = {
  learns: 0.3,
  resists: 0.5,
  memorised: 0.5,
  discount: 1.2,
  hysteresis: 0.05,
  draw: 0.05,
  forward: 1 / 3,
};

export interface Rule extends Constants {
  /** k, or `'measured'`, from ρ. */
  readonly weightPower: number | 'measured';
  /** Whether the learning rate follows the gain, so that a step is worth all of it. */
  readonly rateFollows: boolean;
}

/** What was decided, and the numbers it rests on: they are what is weighed, trained with and printed. */
export type Decision = {
  readonly on: boolean;
  /** The condition that is to blame; absent where it is on. `'unknown'`: ρ is still large for its beginning alone. */
  readonly against?: 'worth' | 'resists' | 'unknown' | 'memorised' | 'signed';
  /** B/b. */
  readonly ratio: number;
  readonly gain: number;
  readonly worth: number;
  readonly cost: number;
  /** k of the weights wᵏ. */
  readonly weightPower: number;
  readonly lead?: number;
  readonly resistance?: number;
  readonly resisted?: number;
  readonly fitted?: number;
};

/** The learning rate follows the gain up to this. */
export const largestRateFactor = 5;
/** An unbiased step counts no less than this: stale scores can make it worth less than nothing, but weights of 1 do not. */
const leastWorth = 0.2;

const within01 = (value: number) => Math.min(1, Math.max(0, value));
