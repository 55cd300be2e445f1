import { resolve } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { type ServeOptions, serve } from '../platform/chromium.ts';

export const long = { timeout: 60_000 };

/** The built page, served and opened in a browser, small as on a telephone. */
export async function openPlay(
  browser: Browser,
  hash = '',
  options: ServeOptions = {},
  prepare: (page: Page) => Promise<unknown> = async () => {},
) {
  const server = await serve({ '': resolve('dist/play') }, options);
  const page = await browser.newPage({ viewport: { width: 360, height: 740 } });
  page.setDefaultTimeout(long.timeout);
  const said: string[] = [];
  page.on('console', (message) => said.push(message.text()));
  page.on('pageerror', (error) => said.push(String(error)));
  await prepare(page);
  await page.goto(`${server.url}${hash}`);
  const close = async () => {
    await page.close();
    server.close();
  };
  return { page, said, close };
}

/** Waits until there is something to compare. */
export const raced = (page: Page) =>
  page.waitForFunction(
    () => /ahead|Side by side|both train/.test(document.querySelector('h1')?.textContent ?? ''),
    undefined,
    long,
  );
