import { count, duration, many, short } from './format.ts';
import { type Html, html } from './html.ts';
import { numbersAsWords } from './json-numbers.ts';
import { fold } from './page.ts';
import type { RunConfig } from './record.ts';
import { table } from './table.ts';

/** How a run was made and how to make it again: a row for each thing that is known. */
export function configuration(config: RunConfig): Html {
  const { command, data, model, machine, versions, engine, seed, seconds, epochs, batchSize, methods } = config;
  const sizes = [
    data.train > 0 && `${count(data.train)} to train on`,
    data.test > 0 && `${count(data.test)} to ${data.heldOut === 'validation' ? 'validate' : 'test'} on`,
  ].filter(Boolean);
  const title = `${data.title ?? data.name}${data.standsFor === undefined ? '' : ` (stands in for ${data.standsFor})`}`;
  const known: [string, string][] = [
    ['Data', sizes.length > 0 ? `${title}: ${sizes.join(', ')}` : title],
    ['Network', `${model.name}, ${count(model.parameters)} parameters`],
    ['Optimizer', `${config.optimizer}, batches of ${count(batchSize)}`],
    [
      'Learning rate',
      `${short(config.learningRate, 4)}${config.learningRateNote === undefined ? '' : `: ${config.learningRateNote}`}`,
    ],
    ['Schedule', config.schedule ?? 'constant'],
    [
      'Budget',
      seconds !== undefined
        ? `${duration(seconds)} of training for each method, with what is between two steps; evaluation is not counted`
        : many(epochs, 'epoch'),
    ],
    ['Training loss', config.trainLoss],
    ...Object.entries(config.notes ?? {}),
    config.seeds === undefined ? ['Seed', config.seedNote ?? String(seed)] : ['Seeds', config.seeds.join(', ')],
    [
      'Machine',
      [machine.cpu, some(machine.cores, 'core'), some(machine.threads, 'thread'), machine.system]
        .filter(Boolean)
        .join(', '),
    ],
    ['Engine', engine],
    [
      'Versions',
      Object.entries(versions)
        .map(([name, version]) => `${name} ${version}`)
        .join(', '),
    ],
    ['Started', config.started],
  ];
  const rows = known.filter(([, value]) => value !== '');
  return fold(
    html`<h2>How this was made</h2>`,
    html`${command !== '' && html`<pre>${command}</pre>`}
${table(
  [
    { title: '', cell: ([name]) => name },
    { title: '', kind: 'text', cell: ([, value]) => value },
  ],
  rows,
)}
<h3>Methods</h3>
${table(
  [
    { title: 'Method', cell: ([name]) => name },
    { title: 'Options', kind: 'code', cell: ([, options]) => html`<code>${optionText(options)}</code>` },
  ],
  Object.entries(methods),
)}`,
  );
}

/** Nothing where it is not known how many. */
/** What is not known of a machine is 0, and is not said. */
const some = (n: number, one: string): string => (n > 0 ? many(n, one) : '');

/** With spaces, at which a line can be broken. */
const spaced = (value: unknown): string | undefined => JSON.stringify(value, numbersAsWords, 1)?.replace(/\n */g, ' ');

function optionText(options: { readonly [option: string]: unknown }): string {
  const shown = Object.entries(options)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}: ${value === Infinity ? value : spaced(value)}`);
  return shown.length > 0 ? shown.join(', ') : 'none';
}
