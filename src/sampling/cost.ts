/** What an importance step costs against a uniform one, in any unit of time. */
export interface StepCost {
  /** B, samples scored. */
  readonly presample: number;
  /** b, samples trained on. */
  readonly batch: number;
  /** t_f, time of the forward pass per sample. */
  readonly forward: number;
  /** t_b, time of the backward pass per sample. */
  readonly backward: number;
}

/**
 * The least τ with which an importance step is worth its time: (B t_f + b (t_f + t_b)) / (b (t_f + t_b)).
 * By default t_b = 2 t_f, which gives (B + 3b) / 3b (Katharopoulos & Fleuret 2018, section 3.3).
 *
 * @example
 * ```ts
 * threshold({ presample: 384, batch: 128 }); // τ that the paper asks for
 * ```
 */
export function threshold({
  presample,
  batch,
  forward = 1,
  backward = 2 * forward,
}: Partial<StepCost> & Sizes): number {
  return (presample * forward + batch * (forward + backward)) / (batch * (forward + backward));
}

/**
 * B t_f + b (t_f + t_b) ≤ τ b (t_f + t_b).
 *
 * @example
 * ```ts
 * paysOff({ presample: 384, batch: 128, forward: 1, backward: 2, tau: 3 });
 * ```
 */
export function paysOff({ presample, batch, forward, backward, tau }: StepCost & { readonly tau: number }): boolean {
  return presample * forward + batch * (forward + backward) <= tau * batch * (forward + backward);
}

/** Samples that are scored, and samples that are trained on. */
export type Sizes = Pick<StepCost, 'presample' | 'batch'>;
