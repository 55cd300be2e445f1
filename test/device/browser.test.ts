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
import { cnn, optimizers, type Trained, train } from './networks.ts';
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
  let reference: Trained;

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
    reference = await train(cnn, optimizers.momentum, { method: uniform() });
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

  function expectReference(trained: Trained | undefined): void {
    expectClose(trained!.loss, reference.loss, 'losses');
    for (const [i, values] of reference.values.entries()) {
      expectClose(trained!.values[i], values, `values ${i}`, 1e-3);
    }
  }

  it('trains to the weights of the processor', { timeout: 240_000 }, async () => {
    const answer = await ask({ providers: ['webgpu'] });
    console.log(JSON.stringify({ ...answer, trained: undefined }));
    expect(answer.error).toBeUndefined();
    expectReference(answer.trained);
  });
});
