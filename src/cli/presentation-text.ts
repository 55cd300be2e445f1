import type { Presentation } from '../experiments/experiment.ts';
import { textTable } from './text-table.ts';

/** What an experiment has to say, on the terminal. */
export function presentationText(title: string, { summary, tables, setting }: Presentation, room?: number): string {
  const blocks = tables.map(
    ({ title, head, rows, note }) =>
      `${title}\n${textTable([head, ...rows], [], room)}${note === undefined ? '' : `${note}\n`}`,
  );
  return [`${title}\n`, `${summary.join('\n')}\n`, ...blocks, `${setting.join('\n')}\n`].join('\n');
}
