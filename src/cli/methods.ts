import { Command } from 'commander';
import { registry } from '../methods/registry.ts';
import { numbersAsWords } from '../report/json-numbers.ts';
import { jsonOption } from './arguments.ts';
import { type Io, roomOf } from './io.ts';
import { textTable } from './text-table.ts';
import { wrap } from './wrap.ts';

/** `unequal methods`. */
export function methodsCommand(io: Io): Command {
  return new Command('methods')
    .description('all methods: paper, bias, cost, memory, when to use each and when not')
    .addOption(jsonOption())
    .action(({ json }: { json?: boolean }) => {
      const entries = registry.map(({ make: _, ...entry }) => entry);
      io.stdout.write(json ? `${JSON.stringify(entries, numbersAsWords)}\n` : describe(roomOf(io.stdout)));
    });
}

function describe(room: number): string {
  const rows = registry.map(({ name, paper, biased, unbiasedOver, bytesPerSample }) => [
    name,
    paper,
    unbiasedOver === undefined ? (biased ? 'biased' : 'unbiased') : `unbiased over ${unbiasedOver}`,
    bytesPerSample === 0 ? 'none' : `${bytesPerSample} bytes`,
  ]);
  const table = textTable([['method', 'paper', 'gradient', 'memory a sample'], ...rows], [1, 2], room);
  const indent = 11;
  const note = (title: string, text: string) =>
    `  ${title.padEnd(indent - 2)}${wrap(text, Math.max(20, room - indent)).join(`\n${' '.repeat(indent)}`)}`;
  const notes = registry.map(({ name, cost, use, avoid, needs, streams }) =>
    [
      name,
      note('costs', cost),
      note('use', use),
      note('not', avoid),
      ...(needs === undefined ? [] : [note('needs', needs)]),
      ...(streams ? [] : [note('needs', 'samples with an index: not for fitDataset')]),
    ].join('\n'),
  );
  return `${table}\n${notes.join('\n\n')}\n`;
}
