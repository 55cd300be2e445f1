import type { ImportanceSettings } from './importance-options.ts';
import type { ScoreMemory } from './score-memory.ts';

/** Times that a sample resists before it is spoken of. */
const stubbornAfter = 5;
const mostStubborn = 1000;

/** Where importance sampling stands. */
interface Standing {
  readonly settings: ImportanceSettings;
  readonly memory: ScoreMemory | undefined;
  /** N, if it is known. */
  readonly length: number | undefined;
  readonly on: boolean;
  /** What was weighed last, in words. */
  readonly standing: string;
  readonly tau: number;
  /** E‖g_U‖² / E‖g_IS‖² of the unbiased steps so far, and the share of a uniform step that is noise. */
  readonly realised: number | undefined;
  readonly noise: number | undefined;
  /** Share of the scores drawn that belongs to samples that resist training, and k of the weights wᵏ. */
  readonly resistance: number | undefined;
  readonly weightPower: number;
  /** Why scoring and training take two passes. */
  readonly twoPasses: string | undefined;
}

/** What importance sampling measured, and what it makes of it. */
export function importanceWords(state: Standing): string {
  const { settings, memory, length, on, standing, tau, realised, noise, twoPasses } = state;
  const parts = [
    `${on ? 'on' : 'off'}, τ ${tau.toFixed(2)}`,
    settings.start === 'measured' && standing,
    realised !== undefined &&
      `E‖g‖² of the unbiased step realised ${realised.toFixed(2)} times smaller than a uniform one's`,
    noise !== undefined && `${(100 * noise).toFixed(0)} % of a uniform step is noise`,
    ...leaning(state),
    memory !== undefined && memory.unseen > 0 && `${memory.unseen} of ${length} samples have no score yet`,
    twoPasses && `a pass to score and one to train: ${twoPasses}`,
  ];
  return parts.filter((part) => part !== false && part !== undefined).join('; ');
}

/** How far the weights lean towards the hard samples, why, and which of these are left alone. */
function* leaning({ settings, memory, resistance, weightPower }: Standing): Generator<string> {
  if (memory === undefined || settings.weightPower !== 'measured' || resistance === undefined) return;
  const share = `${(100 * resistance).toFixed(0)} % of the scores drawn`;
  if (weightPower > 0.95) yield `weights are unbiased: ${share} are of samples that stay far from being learned`;
  else yield `weights w^${weightPower.toFixed(1)} lean towards hard samples: ${share} resist`;
  const stubborn = memory.stubborn(stubbornAfter, mostStubborn);
  if (stubborn.length === 0) return;
  const list = `${stubborn.slice(0, 5).join(', ')}${stubborn.length > 5 ? ', …' : ''}`;
  const number =
    stubborn.length === mostStubborn
      ? '1,000 samples or more'
      : `${stubborn.length} ${stubborn.length === 1 ? 'sample' : 'samples'}`;
  yield `${number} resisted ${stubbornAfter} times and more, as wrong labels do, and ${stubborn.length === 1 ? 'is' : 'are'} drawn less for it: ${list}`;
}
