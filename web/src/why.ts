import type { MethodName } from './messages.ts';
import type { Side } from './race.ts';

/** Those that begin uniformly, and decide. */
const decides: ReadonlySet<MethodName> = new Set(['importance', 'fresh scores', 'paper2018', 'lossSampling']);

/** Whether a method that could pick by importance has not begun to. */
export const notBegun = (name: MethodName, { switched, batch }: Pick<Side, 'switched' | 'batch'>): boolean =>
  decides.has(name) && switched === undefined && !batch?.on;

/** Whether a method picks by importance, and why; of a race that has ended, whether it has. */
export function why(name: MethodName, { switched, batch }: Side, ended = false): string {
  if (switched) {
    const { seconds, on, why } = switched;
    // A capital τ looks like another letter.
    const sentence = why.replace(/^[a-z]/, (first) => first.toUpperCase());
    return `${name}, ${seconds.toFixed(1)} s: ${on ? 'on' : 'off'}. ${sentence}.`;
  }
  if (!batch || !notBegun(name, { switched, batch })) return '';
  const picks = `${name} ${ended ? 'picked uniformly to the end' : 'picks uniformly'}`;
  if (batch.against === 'resists') {
    return `${picks}: ${Math.round(100 * batch.resisted!)} % of what it would draw hardly gets better from one visit to the next, as wrong labels do not.`;
  }
  if (batch.against === 'unknown') {
    return ended
      ? `${picks}: it had not seen whether what it would draw gets better by training.`
      : `${picks} until it has seen whether what it would draw gets better by training.`;
  }
  if (batch.against === 'memorised') {
    return `${picks}: what is left to fit is memorised, which helps no new sample.`;
  }
  if (batch.against === 'signed') {
    return `${picks}: losses go below 0, so that what is left to learn cannot be told.`;
  }
  return ended
    ? `${picks}: its scores did not promise enough.`
    : `${name} still picks uniformly: its scores do not promise enough yet.`;
}
