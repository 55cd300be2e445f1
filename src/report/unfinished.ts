import { duration } from './format.ts';
import type { RunRecord } from './record.ts';
import { span } from './spent.ts';

/** What is said first of a run that has not come to its end; nothing of one that has. */
export function unfinishedText({ config, methods, seeds, end }: RunRecord): string | undefined {
  const begun = seeds.length > 0 || methods.some(({ points }) => points.length > 0);
  if (!begun) return 'Nothing has been measured yet.';
  if (end === 'done') return undefined;
  const [all, done] = [config.seeds?.length ?? 1, seeds.length];
  if (all > 1) {
    const sofar = `${done} of ${all} seeds`;
    return end === 'stopped'
      ? `The run was stopped after ${sofar}.`
      : `The run has not come to its end: ${sofar} have.`;
  }
  const budget = config.seconds === undefined ? '' : ` of ${duration(config.seconds)}`;
  const spent = `${span(methods)}${budget}${methods.length > 1 ? ' each' : ''}`;
  if (end === 'stopped') return `The run was stopped after ${spent}.`;
  return `The run has not come to its end: ${spent} are recorded.`;
}
