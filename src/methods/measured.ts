import type { Decision } from '../decision/policy.ts';

/**
 * What a sampler may measure in a step. Step reports have all of it; curves and recorded runs name the part that they keep.
 */
export interface Measured {
  /** Moving average of τ, absent until it is known, and what it has to exceed. */
  readonly tau?: number;
  readonly threshold?: number;
  /** Effective sample size of the distribution drawn from, as a share of the presample: 1/(B Σp²), in (0, 1]. */
  readonly ess?: number;
  /** B/b of the presample. */
  readonly presample?: number;
  /** Realised E‖g_U‖² / E‖g_IS‖² of the importance steps so far; predicted while there were none. */
  readonly gain?: number;
  /** Uniform steps that an importance step is estimated to be worth now, and whose time it takes. */
  readonly worth?: number;
  readonly cost?: number;
  /** Share of E‖g_U‖² that is noise, in [0, 1]; absent until exact norms have been looked at. */
  readonly noiseShare?: number;
  /** Mean score of the samples drawn over that of all. */
  readonly lead?: number;
  /**
   * Share of the scores drawn that belongs to samples that resist training, in [0, 1]: as it is weighed, an average that begins at 1,
   * and of what has been seen alone.
   */
  readonly resistance?: number;
  readonly resisted?: number;
  /** Mean training loss over what samples lost when they were first seen. */
  readonly fitted?: number;
  /** What keeps importance sampling off, where that is measured: the condition that is to blame. */
  readonly against?: Decision['against'];
  /** k of the weights wᵏ. */
  readonly weightPower?: number;
  /** Mean age, in steps, of the stored scores that the pick went by. */
  readonly staleness?: number;
}
