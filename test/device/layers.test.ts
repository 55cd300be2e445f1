/**
 * A pass through every layer of docs/coverage.md, forwards and backwards, on the device: the numbers of TensorFlow.js's `cpu`
 * backend. What the provider leaves to the processor is what docs/gpu.md lists.
 */
import { readFile } from 'node:fs/promises';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';
import { expectSame } from '../compiler/agree.ts';
import { layerCases } from '../compiler/layer-cases.ts';
import { layerPass } from '../compiler/layer-pass.ts';
import { profiled } from '../support/placement.ts';
import { hasAdapter } from './adapter.ts';

describe.skipIf(!hasAdapter)('on a device', () => {
  let watch: Awaited<ReturnType<typeof profiled>>;

  beforeAll(async () => {
    await tf.setBackend('cpu');
    watch = await profiled();
  });

  test.each(Object.entries(layerCases))('%s', async (_, make) => {
    const { fn, inputs } = layerPass(make(), true);
    const { runtime } = watch;
    await expectSame(fn, inputs, { runtime, executionProviders: ['webgpu'], tolerance: 1e-4 });
  });

  test('what falls back is listed', async () => {
    const { onProcessor } = await watch.placement();
    const page = await readFile('docs/gpu.md', 'utf8');
    const [, listed = ''] = /<!-- falls back -->\n([\s\S]*?)\n\n/.exec(page) ?? [];
    expect([...listed.matchAll(/`(\w+)`/g)].map(([, op]) => op).sort()).toEqual([...onProcessor].sort());
  });
});
