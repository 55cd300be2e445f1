/** ONNX Runtime keeps a diary for Microsoft in the user's folder unless it is told not to. */
import { execFile } from 'node:child_process';
import { mkdir, readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../data/temporary.ts';
import { install } from './install.ts';

const root = temporaryFolder();

const program = (given: string) => `
import * as tf from '@tensorflow/tfjs';
import { fit } from 'unequal';
${given}
const model = tf.sequential({ layers: [tf.layers.dense({ units: 1, inputShape: [2] })] });
model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
const { setup } = await fit(model, tf.ones([4, 2]), tf.ones([4, 1]), { epochs: 1, engine: 'compiled', verbose: 0, runtime });
console.log(setup.engine);`;
const ort = JSON.stringify(resolve('node_modules/onnxruntime-node/dist/index.js'));

it.each([
  ['of its own', 'const runtime = undefined;'],
  ['that is given', `const { default: runtime } = await import(${ort});`],
])('training with a runtime %s leaves nothing in the home folder', async (name, given) => {
  const user = await install({ 'main.mjs': program(given) });
  const home = join(root, name);
  await mkdir(home);
  // What else would turn it off.
  const { CI: _, ORT_RUNNING_UNIT_TESTS: __, ORT_DISABLE_TELEMETRY: ___, XDG_CACHE_HOME: ____, ...env } = process.env;
  const options = { cwd: user.folder, env: { ...env, HOME: home } };
  const { stdout } = await promisify(execFile)(process.execPath, ['main.mjs'], options).finally(user.remove);
  expect(stdout).toBe('compiled\n');
  expect(await readdir(home)).toEqual([]);
});
