import { constants } from '../../src/decision/policy.ts';
import type { MethodName } from './messages.ts';
import type { Side } from './race.ts';

/** Those that begin uniformly, and decide. */
const decides: ReadonlySet<MethodName> = new Set(['importance', 'fresh scores', 'paper2018', 'lossSampling']);

/** Whether a method picks by importance, and why. */
export function why(name: MethodName, { switched, batch }: Side): string {
  if (switched) {
    const { seconds, on, why } = switched;
    return `${name}, ${seconds.toFixed(1)} s: ${on ? 'on' : 'off'}. ${why[0].toUpperCase()}${why.slice(1)}.`;
  }
  if (!batch || batch.on || !decides.has(name)) return '';
  const { resistance = 0 } = batch;
  if (resistance >= constants.resists * (1 - constants.hysteresis)) {
    return `${name} picks uniformly: ${Math.round(100 * resistance)} % of what it would draw does not get better by training, as with wrong labels.`;
  }
  return `${name} still picks uniformly: its scores do not promise enough yet.`;
}
