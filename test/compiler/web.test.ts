/** The compiler in a browser: the small CNN's step on onnxruntime-web (WebAssembly) gives what it gives in Node. */
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { chromium } from 'playwright-core';
import { build } from 'tsdown';
import { expect, test } from 'vitest';
import { trainSmallCnn } from './web-training.ts';

const places = [process.env.CHROMIUM_PATH, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const executablePath = places.find((path) => path !== undefined && existsSync(path));
if (!executablePath) {
  console.warn('skipped: no Chromium found; set CHROMIUM_PATH to run the compiler in a browser');
}

const page = `<!doctype html><script type="importmap">
{"imports": {"@tensorflow/tfjs": "/tf/tf.fesm.min.js"}}
</script><script type="module" src="/built/page.js"></script>`;

/** Serves the page, its script, TensorFlow.js and the WebAssembly of ONNX Runtime. */
async function serve(built: string) {
  const roots: Record<string, string> = {
    built,
    tf: resolve('node_modules/@tensorflow/tfjs/dist'),
    ort: resolve('node_modules/onnxruntime-web/dist'),
  };
  const types: Record<string, string> = { js: 'text/javascript', mjs: 'text/javascript', wasm: 'application/wasm' };
  const server = createServer(async (request, response) => {
    const [, root, name] = (request.url ?? '/').split('/');
    if (!name) return void response.setHeader('content-type', 'text/html').end(page);
    try {
      const body = await readFile(join(roots[root], name));
      response.setHeader('content-type', types[name.split('.').pop()!] ?? 'text/plain').end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, close: () => server.close() };
}

test.skipIf(!executablePath)('two steps of the small CNN in Chromium', async () => {
  const built = await mkdtemp(join(tmpdir(), 'unequal-web-'));
  await build({
    config: false,
    entry: { page: resolve('test/compiler/web-page.ts') },
    outDir: built,
    format: 'esm',
    platform: 'browser',
    external: ['@tensorflow/tfjs', 'onnxruntime-node', 'onnxruntime-web'],
    noExternal: ['onnx-proto'],
    fixedExtension: false,
    dts: false,
    logLevel: 'silent',
  });
  const server = await serve(built);
  const browser = await chromium.launch({
    executablePath,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-background-networking',
      '--disable-component-update',
      '--no-first-run',
    ],
  });
  try {
    const tab = await browser.newPage();
    const problems: string[] = [];
    tab.on('pageerror', (error) => problems.push(error.message));
    await tab.goto(server.url);
    await tab.waitForFunction('globalThis.trained', undefined, { timeout: 20_000 }).catch(() => {
      throw new Error(`the page did not load: ${problems.join('; ')}`);
    });
    const inBrowser = (await tab.evaluate('trained()')) as number[];
    await tf.setBackend('cpu');
    const inNode = await trainSmallCnn({});
    expect(inBrowser.length).toBe(inNode.length);
    for (const [i, value] of inNode.entries()) expect(Math.abs(inBrowser[i] / value - 1)).toBeLessThan(1e-4);
  } finally {
    await browser.close();
    server.close();
    await rm(built, { recursive: true });
  }
});
