/** A GPU in Chromium: the software adapter that it ships. Weights stay on it, it may get lost, and it may not be there. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import type { Browser } from 'playwright-core';
import { build } from 'tsdown';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { uniform } from '../../src/index.ts';
import { expectClose } from '../compiler/agree.ts';
import { executablePath, launch, serve } from '../platform/chromium.ts';
import { networks, optimizers, type Trained, train, x } from './networks.ts';
import type { Answer, Asked } from './page.ts';

if (!executablePath) console.warn('skipped: no Chromium found; set CHROMIUM_PATH to train on a GPU in a browser');

const html = `<!doctype html><link rel="icon" href="data:,"><script type="importmap">
{"imports": {
  "@tensorflow/tfjs": "/tf/tf.fesm.min.js",
  "onnxruntime-web/webgpu": "/ort/ort.webgpu.bundle.min.mjs",
  "onnxruntime-web/wasm": "/ort/ort.wasm.bundle.min.mjs"
}}
</script><script type="module" src="/page.js"></script>`;

const software = ['--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader', '--enable-features=Vulkan'];

describe.skipIf(!executablePath)('in Chromium', { retry: 1 }, () => {
  let built: string;
  let server: Awaited<ReturnType<typeof serve>>;
  let browser: Browser;
  const references: Record<string, Trained> = {};
  const seen: number[] = [];

  beforeAll(async () => {
    built = await mkdtemp(join(tmpdir(), 'unequal-device-'));
    await build({
      config: false,
      entry: { page: resolve('test/device/page.ts') },
      outDir: built,
      format: 'esm',
      platform: 'browser',
      external: ['@tensorflow/tfjs', /^onnxruntime-/],
      noExternal: [/^(?!@tensorflow|onnxruntime-)/],
      fixedExtension: false,
      dts: false,
      logLevel: 'silent',
    });
    await writeFile(join(built, 'index.html'), html);
    const packages = { tf: '@tensorflow/tfjs/dist', ort: 'onnxruntime-web/dist' };
    const folders = Object.entries(packages).map(([name, folder]) => [name, resolve('node_modules', folder)]);
    server = await serve({ '': built, ...Object.fromEntries(folders) });
    browser = await launch(software);
    await tf.setBackend('cpu');
    let model: tf.LayersModel;
    const look = async () =>
      void seen.push(tf.tidy(() => (model.predict(x) as tf.Tensor).square().sum().dataSync()[0]));
    const make = () => {
      model = networks.cnn();
      return model;
    };
    references.mlp = await train(networks.mlp, optimizers.momentum, { method: uniform() });
    references.cnn = await train(make, optimizers.momentum, {
      method: uniform(),
      callbacks: { onBatchEnd: look, onEpochEnd: look },
    });
  }, 240_000);

  afterAll(async () => {
    await browser?.close();
    server?.close();
    if (built) await rm(built, { recursive: true });
  });

  /** What the page answers, and what the console said. */
  async function ask(asked: Asked, there: Browser = browser): Promise<Answer & { said: string[] }> {
    const page = await there.newPage();
    const said: string[] = [];
    page.on('console', (message) => said.push(message.text()));
    page.on('pageerror', (error) => said.push(String(error)));
    try {
      await page.goto(server.url);
      await page.waitForFunction('globalThis.trainOnGpu', undefined, { timeout: 60_000 }).catch(() => {
        throw new Error(`the page did not load: ${said.join('; ')}`);
      });
      return { ...((await page.evaluate(`trainOnGpu(${JSON.stringify(asked)})`)) as Answer), said };
    } finally {
      await page.close();
    }
  }

  function expectReference(trained: Trained | undefined, reference: Trained): void {
    expectClose(trained!.loss, reference.loss, 'losses');
    for (const [i, values] of reference.values.entries()) {
      expectClose(trained!.values[i], values, `values ${i}`, 1e-3);
    }
  }

  it('trains to the weights of the processor, and callbacks see them', { timeout: 240_000 }, async () => {
    const answer = await ask({ net: 'cnn', providers: ['webgpu'], looks: true });
    expect(answer.error).toBeUndefined();
    expect(answer.gpu).toContain('swiftshader');
    expectReference(answer.trained, references.cnn);
    expectClose(answer.seen, seen, 'sums of predictions in callbacks', 1e-3);
    expect(answer.said.filter((text) => text.startsWith('unequal'))).toEqual([]);
  });

  it('takes the first of a list', { timeout: 240_000 }, async () => {
    const { trained, error, gpu, said } = await ask({ net: 'mlp', providers: ['webgpu', 'wasm'] });
    expect(error).toBeUndefined();
    expect(gpu).toContain('swiftshader');
    expectReference(trained, references.mlp);
    expect(said.filter((text) => text.startsWith('unequal'))).toEqual([]);
  });

  it('goes on on the processor when the GPU is destroyed', { timeout: 240_000 }, async () => {
    const { trained, error, said } = await ask({ net: 'mlp', providers: ['webgpu'], lose: 4 });
    expect(error).toBeUndefined();
    expectReference(trained, references.mlp);
    const ours = said.filter((text) => text.startsWith('unequal'));
    expect(ours).toHaveLength(1);
    expect(ours[0]).toMatch(/GPU device was lost.*goes on on the processor from epoch 1, batch 0/);
  });

  it('without WebGPU says so, and what to do', { timeout: 240_000 }, async () => {
    const plain = await launch(['--disable-gpu', '--disable-blink-features=WebGPU']);
    try {
      const { error, trained } = await ask({ net: 'mlp', providers: ['webgpu'] }, plain);
      expect(trained).toBeUndefined();
      expect(error).toMatch(/no WebGPU|finds no GPU/);
      expect(error).toContain('leave providers out to train on the processor');
      const auto = await ask({ net: 'mlp', providers: ['webgpu'], engine: 'auto' }, plain);
      expect(auto.error).toBeUndefined();
      expectReference(auto.trained, references.mlp);
      expect(auto.said.filter((text) => /no WebGPU|finds no GPU/.test(text))).toHaveLength(1);
      const next = await ask({ net: 'mlp', providers: ['webgpu', 'wasm'] }, plain);
      expect(next.error).toBeUndefined();
      expectReference(next.trained, references.mlp);
      const ours = next.said.filter((text) => text.startsWith('unequal'));
      expect(ours).toEqual([expect.stringMatching(/webgpu \(.*(no WebGPU|finds no GPU).*steps run by wasm$/)]);
    } finally {
      await plain.close();
    }
  });
});
