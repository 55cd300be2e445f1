import { count, duration, number } from './format.ts';
import { type Content, type Html, html } from './html.ts';
import { numbersAsWords } from './json-numbers.ts';
import { fold } from './page.ts';
import type { RunConfig } from './record.ts';
import { table } from './table.ts';

/** How a run was made and how to make it again. */
export function configuration(config: RunConfig): Html {
  const { command, data, model, machine, versions, engine, seed, seconds, epochs, batchSize, methods } = config;
  const rows: [string, Content][] = [
    [
      'Data',
      `${data.title ?? data.name}${data.standsFor === undefined ? '' : ` (stands in for ${data.standsFor})`}: ${count(data.train)} to train on, ${count(data.test)} ${data.heldOut === 'validation' ? 'to validate on' : 'to test on'}`,
    ],
    ['Network', `${model.name}, ${count(model.parameters)} parameters`],
    ['Optimizer', `${config.optimizer}, batches of ${count(batchSize)}`],
    [
      'Learning rate',
      `${number(config.learningRate, 4).replace(/\.?0+$/, '')}${config.learningRateNote === undefined ? '' : `: ${config.learningRateNote}`}`,
    ],
    ['Schedule', config.schedule ?? 'constant'],
    [
      'Budget',
      seconds !== undefined
        ? `${duration(seconds)} of training for each method, with what is between two steps; evaluation is not counted`
        : `${count(epochs)} epochs`,
    ],
    ['Training loss', config.trainLoss],
    ...Object.entries(config.notes ?? {}),
    config.seeds === undefined ? ['Seed', String(seed)] : ['Seeds', config.seeds.join(', ')],
    ['Machine', `${machine.cpu}, ${count(machine.cores)} cores, ${count(machine.threads)} threads, ${machine.system}`],
    ['Engine', engine],
    [
      'Versions',
      Object.entries(versions)
        .map(([name, version]) => `${name} ${version}`)
        .join(', '),
    ],
    ['Started', config.started],
  ];
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

/** With spaces, at which a line can be broken. */
const spaced = (value: unknown): string | undefined => JSON.stringify(value, numbersAsWords, 1)?.replace(/\n */g, ' ');

function optionText(options: { readonly [option: string]: unknown }): string {
  const shown = Object.entries(options)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}: ${value === Infinity ? value : spaced(value)}`);
  return shown.length > 0 ? shown.join(', ') : 'none';
}
