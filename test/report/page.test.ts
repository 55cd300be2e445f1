/** A reader's path through a report, in Chromium. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toRecord } from '../../src/report/record.ts';
import { runReport } from '../../src/report/run-report.ts';
import { executablePath, launch } from '../platform/chromium.ts';
import { config, events, points } from './fixture.ts';

if (!executablePath) console.warn('skipped: no Chromium found; set CHROMIUM_PATH to test the report in it');

describe.skipIf(!executablePath)('the report in a browser', { retry: 1, timeout: 120_000 }, () => {
  const samples = {
    suspects: [0.9, 0.99].map((confidence, index) => ({ index, label: 'cat', suggested: 'dog', confidence })),
    drawn: [],
  };
  const told = events.map((event) =>
    event.type === 'result' && event.method === 'importance' ? { ...event, samples } : event,
  );
  const html = runReport(toRecord(config, told));
  let browser: Browser;
  const said: string[] = [];
  const open = async (width: number, javaScriptEnabled = true, text = html): Promise<Page> => {
    const page = await browser.newPage({ viewport: { width, height: 900 }, javaScriptEnabled });
    page.on('console', (message) => said.push(message.text()));
    page.on('pageerror', (error) => said.push(String(error)));
    await page.setContent(text);
    return page;
  };
  beforeAll(async () => {
    browser = await launch();
  });
  afterAll(() => browser?.close());

  it('says the values under the pointer, in every figure with the same axis', async () => {
    const page = await open(1200);
    const box = (await page.locator('svg.wide[data-x]').first().boundingBox())!;
    const { range } = JSON.parse((await page.locator('svg.wide[data-x]').first().getAttribute('data-x'))!);
    // At the right end of the axis: ten seconds.
    await page.mouse.move(box.x + (range[1] * box.width) / 720, box.y + box.height / 2);
    const readouts = await page.locator('.readout').allTextContents();
    expect(readouts[0]).toBe('10 s · uniform 2.00 % (step 1,000) · importance 1.90 % (step 1,000)');
    expect(readouts.filter((text) => text.startsWith('10 s · ')).length).toBeGreaterThan(4);
    expect(readouts.join(' ')).toMatch(/importance: worth 3\.2\d/);
    await page.mouse.move(0, 0);
    expect((await page.locator('.readout').allTextContents()).join('')).toBe('');
  });

  it('can be read with the keyboard', async () => {
    const page = await open(1200);
    await page.locator('svg.wide[data-x]').first().focus();
    await page.keyboard.press('End');
    expect(await page.locator('.readout').first().textContent()).toContain('importance 1.90 %');
    await page.keyboard.press('Home');
    expect(await page.locator('.readout').first().textContent()).toContain('importance 90.0 %');
    await page.keyboard.press('Escape');
    expect(await page.locator('.readout').first().textContent()).toBe('');
  });

  it('hides and shows a method, and draws linear axes and back', async () => {
    const page = await open(1200);
    const line = page.locator('svg.wide').first().locator('g[aria-description=importance] path').first();
    const before = await line.getAttribute('d');
    await page.getByRole('button', { name: 'importance' }).click();
    expect(await line.isVisible()).toBe(false);
    await page.getByRole('button', { name: 'linear axes' }).click();
    await page.getByRole('button', { name: 'importance' }).click();
    expect(await line.isVisible()).toBe(true);
    const svg = page.locator('svg.wide').first();
    const axis = JSON.parse((await svg.getAttribute('data-y'))!);
    // A line in the middle between its ends is half of the value.
    const [, y] = /M[\d.]+,([\d.]+)/.exec((await line.getAttribute('d'))!)!;
    const [bottom, top] = axis.range;
    expect((Number(y) - bottom) / (top - bottom)).toBeCloseTo(90 / axis.domain[1], 2);
    expect(await svg.locator('[aria-label="y-axis tick label"]').textContent()).toMatch(/^0/);
    const captions = async () => (await page.locator('figcaption').allTextContents()).join(' ');
    expect(await captions()).toMatch(/; linear axis\. .* Linear axis\./);
    // The scores keep the axis that they have across.
    expect((await captions()).match(/logarithmic axis/gi)).toEqual(['logarithmic axis']);
    await page.getByRole('button', { name: 'linear axes' }).click();
    expect(await captions()).not.toMatch(/linear axis/i);
    expect(await line.getAttribute('d')).toBe(before);
  });

  it('sorts a table of samples', async () => {
    const page = await open(1200);
    await page.getByText('Samples worth a look').click();
    const first = page.locator('table.sortable tbody tr').first();
    expect(await first.textContent()).toContain('90.0 %');
    await page.getByRole('button', { name: 'Other labels' }).click();
    expect(await first.textContent()).toContain('99.0 %');
  });

  it('has no column cut off at 400 pixels, folds open or closed', async () => {
    const page = await open(400);
    for (const summary of await page.locator('summary').all()) await summary.click();
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(400);
    const cut = await page
      .locator('.scroll')
      .evaluateAll((boxes) => boxes.filter((box) => box.scrollWidth > box.clientWidth).length);
    expect(cut).toBe(0);
  });

  it('says so where the run that it follows is gone', async () => {
    const server = createServer((request, response) => {
      const stream = request.url === '/events';
      response.setHeader('content-type', stream ? 'text/event-stream' : 'text/html; charset=utf-8');
      if (stream) response.write('retry: 100\n\n');
      else response.end(runReport(toRecord(config, told.slice(0, 30)), { live: 'events' }));
    });
    await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
    const page = await browser.newPage();
    const connected = page.waitForResponse(/events$/);
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    await connected;
    expect(await page.locator('.notice').allTextContents()).toEqual([
      expect.stringMatching(/^The run has not come to its end: /),
    ]);
    server.close();
    server.closeAllConnections();
    await page.getByText(/^The run does not answer since .*: it was stopped or killed\./).waitFor();
    expect(await page.locator('#gone').count()).toBe(1);
  });

  it('is no wider than a narrow screen, whatever things are called', async () => {
    const name = 'x'.repeat(160);
    const { data, model } = config;
    const long = { ...config, title: name, data: { ...data, title: name }, model: { ...model, name } };
    const page = await open(320, true, runReport(toRecord(long, told)));
    for (const summary of await page.locator('summary').all()) await summary.click();
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(320);
    await page.setViewportSize({ width: 1000, height: 800 });
    const cut = await page
      .locator('.scroll')
      .evaluateAll((boxes) => boxes.filter((box) => box.scrollWidth > box.clientWidth).length);
    expect(cut).toBe(0);
  });

  it('tells methods of one colour apart in chips and tables, and has no column cut off', async () => {
    const names = ['uniform', ...Array.from({ length: 11 }, (_, k) => `onlineBatchSelection${k}`)];
    const race = {
      ...config,
      methods: Object.fromEntries(names.map((name) => [name, {}])),
    };
    const page = await open(
      1000,
      true,
      runReport(
        toRecord(
          race,
          names.flatMap((name) => points(name, 0.02, 0.1)),
        ),
      ),
    );
    const table = page.locator('.scroll').first();
    for (const box of [page.locator('.tools'), table]) {
      const lines = await box
        .locator('.sample line')
        .evaluateAll((all) =>
          all.map((one) => ['stroke', 'stroke-dasharray'].map((name) => one.getAttribute(name)).join(' ')),
        );
      expect(new Set(lines).size).toBe(12);
    }
    expect(await table.evaluate((box) => box.scrollWidth - box.clientWidth)).toBe(0);
    // Where it has to scroll, the keyboard comes to it.
    await page.setViewportSize({ width: 570, height: 800 });
    expect(await table.evaluate((box) => box.scrollWidth > box.clientWidth)).toBe(true);
    await expect.poll(() => table.getAttribute('tabindex')).toBe('0');
  });

  it('prints what is folded', async () => {
    const page = await open(1000);
    const command = page.getByText('unequal race --seconds 10');
    const seen = () => command.evaluate((one) => one.checkVisibility());
    expect(await seen()).toBe(false);
    await page.emulateMedia({ media: 'print' });
    expect(await seen()).toBe(true);
  });

  it('is complete without scripts, and runs none but its own', async () => {
    const page = await open(1200, false);
    expect(await page.locator('figure svg.wide').count()).toBe(8);
    await page.getByText('How this was made').click();
    expect(await page.getByText('unequal race --seconds 10').isVisible()).toBe(true);
    const before = said.length;
    const injected = await open(
      1200,
      true,
      html.replace('<h1>', '<img src="x:y" onerror="document.title=1"><script>document.title=2</script><h1>'),
    );
    expect(await injected.title()).toBe('A race');
    said.length = before;
  });

  it('says nothing to the console', () => {
    expect(said).toEqual([]);
  });
});
