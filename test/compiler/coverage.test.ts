/** docs/coverage.md is what the code says. After a change: `node scripts/coverage.mjs`. */

import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect, test } from 'vitest';
import { coverage } from '../../src/compiler/coverage.ts';
import { groups } from '../../src/compiler/lower/index.ts';
import { outcomes } from '../same/outcomes.ts';
import { tables } from '../same/programs/index.ts';
import { layerCases } from './layer-cases.ts';
import { lossFunctions, namedLosses } from './loss-cases.ts';
import { optimizers } from './optimizer-cases.ts';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

/** Cases such as `conv2d strided` under their layer, `conv2d`. */
function byFirstWord(names: readonly string[]): Map<string, string[]> {
  const rows = new Map<string, string[]>();
  for (const name of names) {
    const [first, ...rest] = name.split(/[ ,]+/);
    const row = rows.get(first) ?? [];
    if (rest.length > 0) row.push(name.slice(first.length).replace(/^[ ,]+/, ''));
    rows.set(first, row);
  }
  return rows;
}

const table = (head: [string, string], rows: Iterable<readonly [string, readonly string[]]>): string =>
  [
    `| ${head[0]} | ${head[1]} |`,
    '|---|---|',
    ...[...rows].map(([name, list]) => `| ${name} | ${list.join('; ')} |`),
  ].join('\n');

function page(): string {
  const { lowered, missing } = coverage();
  const code = (names: readonly string[]): string[] => names.map((name) => `\`${name}\``);
  return `# What is compiled

Generated from the code (\`node scripts/coverage.mjs\`). Every layer, loss and optimizer below is a test: its outputs, loss and gradients,
and for optimizers the weights and slots after several steps, agree with TensorFlow.js's \`cpu\` backend to a relative 1e-4. What is not
here trains on the eager engine.

${outcomes(tables)}
## Layers
${table(['layer', 'also'], byFirstWord(Object.keys(layerCases)))}

Recurrent layers are traced as one loop (ONNX \`Scan\`) from four steps on, with or without a mask; stateful, convolutional,
in the cell of another, or in a gradient that is differentiated itself they are unrolled. What a cell of your own reads is trained, whosever it is.
Dropout and noise layers draw a new mask every call from the session's seed; one with a seed of its own has the same mask at every call, as in TensorFlow.js.

## Losses
By name: ${code(Object.keys(namedLosses)).join(', ')}.

Of \`tf.losses\`, and a user's own function: ${Object.keys(lossFunctions).join('; ')}.

## Optimizers
${Object.keys(optimizers).join('; ')}; gradients clipped by value or by norm; L1 and L2 regularizers.

## Kernels
${table(
  ['group', 'lowered'],
  Object.entries(lowered).map(([name, list]) => [name, code(list)] as const),
)}

Not lowered: ${code(missing).join(', ')}.
`;
}

test('the page', async () => {
  await expect(page()).toMatchFileSnapshot('../../docs/coverage.md');
});

test('a kernel is in one group', () => {
  const names = Object.values(groups).flatMap((group) => Object.keys(group));
  expect(new Set(names).size).toBe(names.length);
});
