/** The built package, bundled by Vite as a user's page would be, in Chromium: in a page and in a worker of it. */
import { execFile } from 'node:child_process';
import { copyFile, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import type { Browser } from 'playwright-core';
import { build } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { executablePath, launch, type ServeOptions, serve } from './chromium.ts';
import { install } from './install.ts';
import { expectSame, type Result } from './result.ts';

if (!executablePath) console.warn('skipped: no Chromium found; set CHROMIUM_PATH to run the library in a browser');

interface How {
  readonly engine: string;
  readonly backend?: string;
  readonly where?: 'page' | 'worker';
}

// A browser on a machine that does other things too: one slow start is no fault.
describe.skipIf(!executablePath)('in Chromium', { retry: 1 }, () => {
  let user: Awaited<ReturnType<typeof install>>;
  let browser: Browser;
  let reference: Result;
  let runs = 0;

  beforeAll(async () => {
    const html = '<!doctype html><link rel="icon" href="data:,"><script type="module" src="/page.mjs"></script>';
    user = await install({
      'index.html': html,
      'main.mjs': `import { program } from './program.mjs';
import { writeFileSync } from 'node:fs';
writeFileSync('result.json', JSON.stringify(await program({ engine: 'eager', path: './node.checkpoint' })));`,
    });
    for (const name of ['program.mjs', 'page.mjs', 'tabs.mjs', 'worker.mjs']) {
      await copyFile(join('test/platform', name), join(user.folder, name));
    }
    await promisify(execFile)(process.execPath, ['main.mjs'], { cwd: user.folder });
    reference = JSON.parse(await readFile(join(user.folder, 'result.json'), 'utf8'));
    await build({
      ...{ root: user.folder, configFile: false, logLevel: 'error' },
      worker: { format: 'es' },
      build: { target: 'esnext', minify: false, reportCompressedSize: false },
    });
    const resolver = '--host-resolver-rules=MAP unequal.test 127.0.0.1';
    browser = await launch(['--use-angle=swiftshader', '--enable-unsafe-swiftshader', resolver]);
  }, 240_000);

  afterAll(async () => {
    await browser?.close();
    await user?.remove();
  });

  /** Runs the program, and returns what it computed, what the console said, and what was asked of the server. */
  async function run({ engine, backend, where = 'page' }: How, options: ServeOptions = {}) {
    const wasm = resolve('node_modules/@tensorflow/tfjs-backend-wasm/dist');
    const server = await serve({ '': join(user.folder, 'dist'), 'tfjs-wasm': wasm }, options);
    const page = await browser.newPage();
    const said: string[] = [];
    page.on('console', (message) => said.push(message.text()));
    page.on('pageerror', (error) => said.push(String(error)));
    try {
      await page.goto(server.url);
      await page.waitForFunction('globalThis.run', undefined, { timeout: 60_000 }).catch(() => {
        throw new Error(`the page did not load: ${said.join('; ')}`);
      });
      const how = { engine, backend, path: `run ${runs++}`, tabs: true };
      const result = (await page.evaluate(`run(${JSON.stringify(how)}, '${where}')`)) as Result;
      return { result, said, asked: server.asked };
    } finally {
      await page.close();
      server.close();
    }
  }

  it.each<[How, ServeOptions]>([
    [{ engine: 'eager' }, {}],
    [{ engine: 'eager', where: 'worker' }, {}],
    [{ engine: 'compiled' }, {}],
    [{ engine: 'compiled', where: 'worker' }, {}],
    [{ engine: 'eager', backend: 'wasm' }, {}],
    [{ engine: 'eager', backend: 'wasm', where: 'worker' }, { isolated: true }],
    [{ engine: 'eager', backend: 'wasm' }, { isolated: true }],
    [{ engine: 'compiled' }, { isolated: true }],
  ])('%j %j computes what Node computes', { timeout: 240_000 }, async (how, options) => {
    const { result, said } = await run(how, options);
    expectSame(result, reference);
    expect(result.backend).toBe(how.backend ?? 'cpu');
    expect(result.secondRunRefused).toBe(true);
    expect(said).toEqual([]);
  });

  it("engine 'auto' is compiled on the processor and asks for one build of ONNX Runtime", {
    timeout: 240_000,
  }, async () => {
    const { result, said, asked } = await run({ engine: 'auto' });
    expectSame(result, reference);
    expect(said).toEqual([]);
    expect(asked.filter((path) => /ort/.test(path) && /\.wasm$/.test(path))).toHaveLength(1);
  });

  it("engine 'auto' trains on webgl", { timeout: 240_000 }, async () => {
    const { result } = await run({ engine: 'auto', backend: 'webgl' });
    expect(result.backend).toBe('webgl');
    for (const [i, loss] of reference.losses.entries()) expect(Math.abs(result.losses[i] - loss)).toBeLessThan(1e-2);
  });

  it('without the files of ONNX Runtime trains eagerly, and asks for them once', { timeout: 240_000 }, async () => {
    const { result, said, asked } = await run({ engine: 'auto' }, { missing: /ort.*\.wasm$/ });
    expectSame(result, reference);
    const ours = said.filter((text) => text.startsWith('unequal:'));
    expect(ours).toHaveLength(1);
    expect(ours[0]).toContain('ONNX Runtime cannot start');
    expect(ours[0]).toContain('ort.env.wasm.wasmPaths');
    expect(asked.filter((path) => /ort.*\.wasm$/.test(path)).length).toBeLessThanOrEqual(2);
  });

  // A page that is sent by plain HTTP, from another machine, has no locks.
  it.each(['localhost', 'unequal.test'])(
    'two tabs of http://%s never write one checkpoint',
    {
      timeout: 240_000,
    },
    async (host) => {
      const server = await serve({ '': join(user.folder, 'dist') });
      const context = await browser.newContext();
      const path = `tabs of ${host}`;
      try {
        const [one, other] = [await context.newPage(), await context.newPage()];
        for (const page of [one, other]) {
          await page.goto(server.url.replace('localhost', host));
          // A page behind another draws no frames to wait by.
          await page.waitForFunction('globalThis.begin', undefined, { timeout: 60_000, polling: 100 });
        }
        const locks = await one.evaluate('navigator.locks !== undefined');
        expect(locks).toBe(host === 'localhost');
        const refused = `the checkpoint ${path} is being written by another run`;
        const begin = `begin(${JSON.stringify(path)})`;
        expect(await one.evaluate(begin)).toBe(undefined);
        const second = await other.evaluate(begin);
        if (locks) {
          expect(second).toContain(refused);
          expect(await one.evaluate('end()')).toBe('trained');
          // The first is over: its checkpoint is free.
          expect(await other.evaluate(begin)).toBe(undefined);
        } else {
          expect(second).toBe(undefined);
          expect(await one.evaluate('end()')).toContain(refused);
        }
        expect(await other.evaluate('end()')).toBe('trained');
      } finally {
        await context.close();
        server.close();
      }
    },
  );
});
