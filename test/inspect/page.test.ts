/** The page of `unequal inspect` in Chromium, on samples that are made up. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { inspectPage } from '../../src/inspect/inspect-page.ts';
import { executablePath, launch, serve } from '../platform/chromium.ts';

const samples = Array.from({ length: 12 }, (_, index) => ({
  record: {
    index,
    times: 3,
    share: 0.1,
    firstLoss: 2,
    lastLoss: 1,
    meanLoss: 12 - index,
    meanConfidence: 0.4,
    label: 0,
  },
  suspicion: index,
  suggested: 1,
  place: index,
  cells: [
    ['a column with a name that is longer than most names of columns are', `value ${index}`],
    ['x', 'words and more words'],
  ] as const,
}));
const text = inspectPage({
  ...{ title: 'Things, importance', again: 'unequal train --labels labels.csv', run: 'things', map: undefined },
  ...{
    classNames: ['cat', 'dog', 'bird'],
    samples,
    trained: 12,
    suspects: 12,
    learned: true,
    right: 0.9,
    once: false,
    most: 12,
  },
});

describe.skipIf(!executablePath)('the page of inspect', { retry: 1, timeout: 60_000 }, () => {
  let folder: string;
  let server: Awaited<ReturnType<typeof serve>>;
  let browser: Browser;
  let context: BrowserContext;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'unequal-page-'));
    await writeFile(join(folder, 'index.html'), text);
    server = await serve({ '': folder });
    browser = await launch();
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    server?.close();
    await rm(folder, { recursive: true });
  });
  afterEach(() => context.close());

  const begin = async (width = 1000, height = 844) => {
    context = await browser.newContext({ viewport: { width, height } });
    return open();
  };
  const open = async () => {
    const page = await context.newPage();
    await page.goto(server.url);
    return page;
  };
  const stateOf = (page: Page, index: number) => page.locator(`#s${index}`).getAttribute('data-state');

  it('keeps what two tabs decide, and each takes in what the other does', async () => {
    const one = await begin();
    const other = await open();
    await one.locator('#s0').click();
    await one.locator('#take').click();
    await expect.poll(() => stateOf(other, 0)).toBe('changed');
    await other.locator('#s1').click();
    await other.locator('#right').click();
    await expect.poll(() => stateOf(one, 1)).toBe('kept');
    // What one takes back is its own, and gone in both.
    await one.locator('#undo').click();
    await expect.poll(() => stateOf(other, 0)).toBe('');
    expect(await one.locator('#count').innerText()).toBe('1 decided, 0 of them changed');
    const third = await open();
    expect([await stateOf(third, 0), await stateOf(third, 1)]).toEqual(['', 'kept']);
  });

  it('answers the keyboard as it opens, and leaves their keys to its fields', async () => {
    const page = await begin();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    const first = await page.locator('[data-state=changed]').count();
    expect(first).toBe(1);
    await page.locator('#right').focus();
    await page.keyboard.press(' ');
    expect(await page.locator('[data-state=kept]').count()).toBe(1);
    await page.locator('#show').focus();
    await page.keyboard.press('End');
    expect(await page.locator('#show').inputValue()).toBe('decided');
    expect(await page.locator('#samples > li:visible').count()).toBe(2);
  });

  it('leaves room for the samples where letters are large', async () => {
    for (const width of [320, 390]) {
      const page = await begin(width);
      await page.addStyleTag({ content: 'html { font-size: 200% }' });
      for (let k = 0; k < 3; k++) await page.keyboard.press('ArrowDown');
      expect((await page.locator('.bar').boundingBox())!.height).toBeLessThan(0.41 * 844);
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
      const values = await page.locator('.cells dd').evaluateAll((all) => all.map((one) => one.clientWidth));
      expect(Math.min(...values)).toBeGreaterThan(0.3 * width);
      await page.close();
    }
  });
});
