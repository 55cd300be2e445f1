/** What a browser lacks, what does not arrive, and a tab that is put to sleep: the page says so in plain words, or goes on. */
import type { Browser, Page } from 'playwright-core';
import { afterEach, describe, expect, it } from 'vitest';
import { executablePath, launch, type ServeOptions } from '../platform/chromium.ts';
import { long, openPlay, raced } from './open.ts';

if (!executablePath) console.warn('skipped: no Chromium found; set CHROMIUM_PATH to test the page');

describe.skipIf(!executablePath)('the page, where something is missing', { retry: 1, timeout: 100_000 }, () => {
  let browser: Browser;
  afterEach(() => browser.close());

  it.each<[string, ServeOptions]>([
    ['without WebGPU and shared memory', {}],
    ['with shared memory', { isolated: true }],
  ])('races %s', async (_, options) => {
    browser = await launch();
    const noGpu = 'delete Navigator.prototype.gpu';
    const { page, said, close } = await openPlay(browser, '#seconds=12', options, (page) => page.addInitScript(noGpu));
    await raced(page);
    expect(await page.evaluate('"gpu" in navigator')).toBe(false);
    expect(await page.evaluate('typeof SharedArrayBuffer')).toBe(options.isolated ? 'function' : 'undefined');
    expect(said).toEqual([]);
    await close();
  });

  it.each<[string, RegExp, RegExp]>([
    ['the script that trains', /runner-.*\.js$/, /^The script that trains cannot be loaded\. Reload the page/],
    ['the WebAssembly', /\.wasm$/, /^The WebAssembly of TensorFlow\.js cannot be loaded\. .* Reload the page\.$/],
    ['the digits', /\.png$/, /^The digits cannot be loaded\. .* Reload the page\.$/],
  ])('says so without %s', async (_, missing, message) => {
    browser = await launch();
    const { page, close } = await openPlay(browser, '', { missing });
    await page.waitForFunction(() => /load/.test(document.querySelector('h1')?.textContent ?? ''), undefined, long);
    expect(await page.locator('h1').innerText()).toMatch(message);
    await close();
  });

  it('says so in a browser without WebAssembly', async () => {
    browser = await launch();
    const without = (page: Page) =>
      page.route(/runner-.*\.js$/, async (route) => {
        const answer = await route.fetch();
        await route.fulfill({ response: answer, body: `delete globalThis.WebAssembly;\n${await answer.text()}` });
      });
    const { page, close } = await openPlay(browser, '', {}, without);
    await page.getByRole('heading', { name: 'This browser has no WebAssembly with SIMD' }).waitFor(long);
    await close();
  });

  it('waits while its tab sleeps, and goes on where it was', async () => {
    browser = await launch();
    const { page, said, close } = await openPlay(browser, '#seconds=60');
    await raced(page);
    const session = await page.context().newCDPSession(page);
    const last = () =>
      page.evaluate(() =>
        Number(document.querySelector('polyline.uniform')?.getAttribute('points')?.split(/[ ,]/).at(-2)),
      );
    await session.send('Page.setWebLifecycleState', { state: 'frozen' });
    await new Promise((wake) => setTimeout(wake, 5000));
    await session.send('Page.setWebLifecycleState', { state: 'active' });
    const before = await last();
    await page.waitForTimeout(4000);
    const after = await last();
    expect(after).toBeGreaterThan(before);
    expect(said).toEqual([]);
    await close();
  });
});
