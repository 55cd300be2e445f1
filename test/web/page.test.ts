/** A person's path through the built page, in Chromium. */
import { readFileSync } from 'node:fs';
import type { Browser, Page } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { executablePath, launch } from '../platform/chromium.ts';
import { long, openPlay, raced } from './open.ts';

if (!executablePath) console.warn('skipped: no Chromium found; set CHROMIUM_PATH to test the page');

// A browser and two trainings on two cores: one slow start is no fault.
describe.skipIf(!executablePath)('the page', { retry: 2 }, () => {
  let browser: Browser;
  let page: Page;
  let close = async () => {};
  const said: string[] = [];

  beforeAll(async () => {
    browser = await launch(['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream']);
  }, 60_000);
  afterAll(() => browser?.close());

  const open = async (hash: string) => {
    await close();
    const opened = await openPlay(browser, hash);
    ({ page } = opened);
    close = async () => {
      said.push(...opened.said);
      await opened.close();
    };
  };
  const headline = () => page.locator('h1').innerText();
  const race = () => raced(page);
  const button = (name: string) => page.getByRole('button', { name, exact: true });
  // By the keyboard: a mouse waits until the button stands still, which takes long where both cores are busy.
  const pause = async () => {
    await page.keyboard.press(' ');
    await button('Play').waitFor(long);
  };
  const step = async () => Number(await page.evaluate('document.querySelectorAll(".pictures button").length'));

  it('races at once, and pauses, steps and goes on', { timeout: 240_000 }, async () => {
    await open('#seconds=40');
    await race();
    expect(await step()).toBeGreaterThan(0);
    await button('Pause').click();
    await page.waitForTimeout(1500);
    const before = await headline();
    await page.waitForTimeout(1500);
    expect(await headline()).toBe(before);
    const picks = await page.locator('.pictures').innerHTML();
    await button('Step').click();
    await page.waitForFunction((was) => document.querySelector('.pictures')?.innerHTML !== was, picks, long);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(360);
  });

  it('ends, and says why each method did what it did', { timeout: 240_000 }, async () => {
    await open('#seconds=4');
    await page.getByText('Why it did what it did').waitFor(long);
    expect(await page.getByText(/\d+ steps in/).count()).toBe(1);
    expect(await button('Pause').isDisabled()).toBe(true);
  });

  it.each(['', '#task=spirals'])(
    'begins to train by importance, as it is opened with %s',
    { timeout: 240_000 },
    async (hash) => {
      await open(hash);
      await page.getByText(/importance, [\d.]+ s: (on|off)\./).waitFor(long);
      await page.getByText('Why it did what it did').waitFor(long);
      expect(await headline()).not.toMatch(/never began/);
    },
  );

  it('leaves room below the curves, and does not scroll sideways, where letters are large', {
    timeout: 240_000,
  }, async () => {
    await open('#seconds=40');
    await race();
    await page.addStyleTag({ content: 'html { font-size: 200% }' });
    for (const width of [320, 390]) {
      await page.setViewportSize({ width, height: 844 });
      expect((await page.locator('.top').boundingBox())!.height).toBeLessThanOrEqual(422);
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
    }
  });

  it('is in the address what it is on the page, and opens the same from there', { timeout: 240_000 }, async () => {
    await open('');
    await page.getByLabel('Method').selectOption('infoBatch');
    const seed = page.getByLabel('Seed');
    // It can be cleared and typed anew: what is half typed is no seed yet.
    await seed.fill('');
    await seed.pressSequentially('70');
    expect([await seed.inputValue(), page.url().includes('seed')]).toEqual(['70', false]);
    await seed.fill('');
    await seed.blur();
    expect(await seed.inputValue()).toBe('1');
    await seed.fill('70000');
    await seed.press('Enter');
    await page.getByLabel('Wrong labels').fill('0.3');
    await page.waitForFunction(() => location.hash.includes('seed=70000'), undefined, long);
    const { hash } = new URL(page.url());
    expect(Object.fromEntries(new URLSearchParams(hash.slice(1)))).toEqual({
      method: 'infoBatch',
      noise: '0.3',
      seed: '70000',
    });
    await open(hash);
    expect(await page.getByLabel('Method').inputValue()).toBe('infoBatch');
    expect(await page.getByLabel('Wrong labels').inputValue()).toBe('0.3');
    await race();
  });

  it('relabels and removes samples while the race goes on, and opens with them again', {
    timeout: 240_000,
  }, async () => {
    await open('#seconds=60');
    await race();
    await pause();
    const group = page.getByRole('group', { name: /^Sample/ });
    const indexOf = async (nth: number) => {
      await page.locator('.pictures button').nth(nth).click();
      const index = /\d+/.exec((await group.getAttribute('aria-label'))!)![0];
      return { index, now: await page.locator('.pictures button span').nth(nth).innerText() };
    };
    const removed = await indexOf(0);
    await group.getByRole('button', { name: 'Remove' }).click();
    await page
      .locator('.pictures')
      .getByRole('button', { name: /removed/ })
      .waitFor(long);
    const relabelled = await indexOf(1);
    const label = String((Number(relabelled.now) + 1) % 10);
    await group.getByRole('button', { name: label, exact: true }).click();
    await button('Play').click();
    await page.waitForFunction(() => document.querySelector('.pictures button:not(.removed)'), undefined, long);

    const said = `edits=${removed.index}-x.${relabelled.index}-${label}`;
    await page.waitForFunction((said) => location.hash.endsWith(said), said, long);
    const there = async () => {
      const changed = page.getByRole('region', { name: 'Changed samples' });
      await changed.getByRole('button', { name: `Sample ${removed.index}, removed.` }).waitFor(long);
      await changed.getByRole('button', { name: `Sample ${relabelled.index}, labelled ${label}.` }).waitFor(long);
      expect(await changed.getByRole('button', { name: /^Sample/ }).count()).toBe(2);
    };
    await there();
    await open(new URL(page.url()).hash);
    await race();
    await there();
    // Another race on the same samples keeps them; other samples are as they were.
    await page.getByLabel('Method').selectOption('uniform');
    await page.waitForFunction(() => location.hash.includes('method=uniform'), undefined, long);
    await there();
    expect(page.url()).toContain(said);
    await page.getByLabel('Seed').fill('3');
    await page.getByLabel('Seed').press('Enter');
    await page.waitForFunction(() => location.hash.includes('seed=3'), undefined, long);
    expect(await page.getByRole('region', { name: 'Changed samples' }).count()).toBe(0);
  });

  it('goes back and forward between addresses with changed samples', { timeout: 240_000 }, async () => {
    await open('#seconds=60&edits=17-3.203-x.99999-1.5-77.x');
    const named = (name: string) => page.getByRole('button', { name });
    await named('Sample 17, labelled 3.').waitFor(long);
    await named('Sample 203, removed.').waitFor(long);
    // What no sample and no class of the task is, is left out of the address, too.
    await page.waitForFunction(() => location.hash === '#seconds=60&edits=17-3.203-x', undefined, long);
    await page.evaluate(() => location.assign('#seconds=60&edits=18-2'));
    await named('Sample 18, labelled 2.').waitFor(long);
    expect(await named('Sample 17, labelled 3.').count()).toBe(0);
    await page.goBack();
    await named('Sample 17, labelled 3.').waitFor(long);
    await page.goForward();
    await named('Sample 18, labelled 2.').waitFor(long);
    await button('Undo all and race again').click();
    await page.waitForFunction(() => location.hash === '#seconds=60', undefined, long);
    await race();
  });

  it('trains on the samples as the address has them', { timeout: 240_000 }, async () => {
    // 250 of the 300 points of one arm belong to another arm: what learns that gets the first arm wrong, a third of all.
    const edits = Array.from({ length: 260 }, (_, k) => `${3 * k}-1`).join('.');
    const errors = async (hash: string) => {
      await open(hash);
      await page.getByText('Why it did what it did').waitFor(long);
      const legend = await page.locator('.legend').innerText();
      return [...legend.matchAll(/([\d.]+) %/g)].map(([, percent]) => Number(percent));
    };
    const [one, other] = [
      await errors('#task=spirals&seconds=8'),
      await errors(`#task=spirals&seconds=8&edits=${edits}`),
    ];
    expect([one.length, other.length]).toEqual([2, 2]);
    for (const error of one) expect(error).toBeLessThan(15);
    for (const error of other) expect(error).toBeGreaterThan(25);
    await page.getByText('Changed so far, the last 24').waitFor(long);
  });

  it('paints points', { timeout: 240_000 }, async () => {
    await open('#task=spirals&seconds=60');
    await race();
    await pause();
    await page.waitForTimeout(1000);
    const plane = page.getByRole('img', { name: /points/ });
    const before = await plane.evaluate((canvas: HTMLCanvasElement) => canvas.toDataURL());
    await page.getByLabel('Paint with').selectOption('green');
    await plane.evaluate((canvas) => canvas.scrollIntoView({ block: 'end' }));
    const box = (await plane.boundingBox())!;
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width / 4, box.y + box.height / 4, { steps: 8 });
    await page.mouse.up();
    await expect
      .poll(() => plane.evaluate((canvas: HTMLCanvasElement) => canvas.toDataURL()), { timeout: 20_000 })
      .not.toBe(before);
    expect(await page.getByText(/The link holds only/).count()).toBe(0);
    // As many as no address holds.
    await page.mouse.move(box.x + 5, box.y + 5);
    await page.mouse.down();
    for (let y = 5; y < box.height; y += 20)
      await page.mouse.move(y % 40 < 20 ? box.x + 5 : box.x + box.width - 5, box.y + y, { steps: 20 });
    await page.mouse.up();
    await page.getByText(/The link holds only the first 250 of your \d{3} changes\./).waitFor(long);
    await expect.poll(() => new URL(page.url()).hash.split('.').length, { timeout: 20_000 }).toBe(250);
  });

  it('picks uniformly, or again, when labels are made wrong, and says why', { timeout: 240_000 }, async () => {
    await open('#trained=yes&seconds=60');
    await race();
    await page.getByLabel('Wrong labels').fill('0.6');
    await page.waitForFunction(() => location.hash.includes('noise=0.6'), undefined, long);
    await page.getByText(/importance(, [\d.]+ s: off\.| picks uniformly:) .*hardly gets better/).waitFor(long);
  });

  it('shows the history of a sample to mouse and keyboard', { timeout: 240_000 }, async () => {
    await open('#seconds=60');
    await race();
    await button('Pause').click();
    await page.waitForTimeout(1000);
    await page.locator('.pictures button').first().hover();
    await page.getByText(/^Sample \d+, labelled \d.*At its last/).waitFor(long);
    const said = () => page.locator('.history').innerText();
    const before = await said();
    await page.locator('.pictures button').nth(1).focus();
    await page.waitForFunction((was) => document.querySelector('.history')?.textContent !== was, before, long);
    expect(await said()).toMatch(/loss [\d.]+ to [\d.]+\.$/);
  });

  it('races on pictures of one’s own, and tells which are none', { timeout: 240_000 }, async () => {
    const picture = async (color: string, k: number) => ({
      name: `${color}-${k}.png`,
      mimeType: 'image/png',
      buffer: await sharp({ create: { width: 40 + k, height: 30, channels: 3, background: color } })
        .png()
        .toBuffer(),
    });
    const of = (color: string) => Promise.all(Array.from({ length: 12 }, (_, k) => picture(color, k)));
    await open('#task=own&seconds=12');
    expect(await headline()).toBe('Give it some pictures');
    await page.getByLabel('Class', { exact: true }).first().fill('red');
    const none = { name: 'notes.png', mimeType: 'image/png', buffer: Buffer.from('no picture') };
    await page.getByLabel('Pictures of red').setInputFiles([...(await of('red')), none]);
    // What is typed while pictures are read is not lost.
    await page.getByLabel('Class', { exact: true }).nth(1).fill('blue');
    await page.getByText('Left out: notes.png is no picture that this browser can read.').waitFor(long);
    const dropped = (await of('blue')).map(({ name, buffer }) => ({ name, data: buffer.toString('base64') }));
    expect(await page.getByLabel('Class', { exact: true }).nth(1).inputValue()).toBe('blue');
    await page.getByRole('group', { name: 'Class 2' }).evaluate((to, files) => {
      const transfer = new DataTransfer();
      for (const { name, data } of files) {
        transfer.items.add(
          new File([Uint8Array.from(atob(data), (c) => c.charCodeAt(0))], name, { type: 'image/png' }),
        );
      }
      to.dispatchEvent(new DragEvent('drop', { bubbles: true, dataTransfer: transfer }));
    }, dropped);
    await race();
    await page.getByText('Why it did what it did').waitFor(long);
    expect(await page.locator('.legend').innerText()).toMatch(/importance 0\.0 %\s+uniform 0\.0 %/);
    await button('Camera').click();
    await page.waitForFunction(() => document.querySelector('video')?.videoWidth, undefined, long);
    await button('Take one of red').click();
    await page.waitForFunction(() => document.querySelectorAll('.thumbs img').length === 25, undefined, long);
    await button('Camera off').click();
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(360);
  });

  it.each(['importance', 'approximate'])(
    'races %s on as few pictures as it asks for, drawings too',
    {
      timeout: 240_000,
    },
    async (method) => {
      const drawing = (color: string, k: number) => ({
        name: `${color}-${k}.svg`,
        mimeType: 'image/svg+xml',
        buffer: Buffer.from(
          `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><rect width="9" height="${9 - k}" fill="${color}"/></svg>`,
        ),
      });
      const of = (color: string) => Array.from({ length: 4 }, (_, k) => drawing(color, k));
      await open(`#task=own&seconds=4&method=${method}`);
      const none = { name: 'notes.svg', mimeType: 'image/svg+xml', buffer: Buffer.from('no drawing') };
      await page.getByLabel('Pictures of class 1').setInputFiles([...of('red'), none]);
      await page
        .getByText(/notes\.svg is no picture.* The race begins when every class has 4 pictures\./)
        .waitFor(long);
      await page.getByLabel('Pictures of class 2').setInputFiles(of('blue'));
      await page.getByText('Why it did what it did').waitFor(long);
      const errors = `${method} [\\d.]+ %, uniform [\\d.]+ %$`;
      const said = `Too few pictures to tell who is ahead:|${method} never began: both trained uniformly, and differ by chance. At the end`;
      expect(await headline()).toMatch(new RegExp(`^(${said}) ${errors}`));
    },
  );

  it('gives the keyboard back to the picture that was relabelled, while the race goes on', {
    timeout: 240_000,
  }, async () => {
    await open('#seconds=60&noise=0.2');
    await race();
    const focused = () => page.evaluate(() => document.activeElement?.getAttribute('aria-label') ?? '');
    const tabTo = async (name: RegExp) => {
      for (let k = 0; k < 40 && !name.test(await focused()); k++) await page.keyboard.press('Tab');
      expect(await focused()).toMatch(name);
    };
    await tabTo(/^Sample/);
    for (const key of ['Escape', 'Enter']) {
      const [sample] = /^Sample \d+/.exec(await focused())!;
      await page.keyboard.press('Enter');
      await page.getByRole('group', { name: sample, exact: true }).waitFor(long);
      await page.waitForTimeout(500);
      await page.keyboard.press(key);
      await page.getByRole('group', { name: sample, exact: true }).waitFor({ ...long, state: 'detached' });
      await page.waitForTimeout(500);
      expect(await focused()).toMatch(new RegExp(`^${sample},`));
    }
  });

  it('weighs what the docs say', () => {
    const numbers = (text: string) => {
      const [, sentence] = /(The page weighs .* all the rest\.)/.exec(text)!;
      return [...sentence.matchAll(/([\d.]+) MB/g)].map(([, value]) => Number(value));
    };
    const [said, weighed] = ['docs/race-it-yourself.md', 'dist/play/index.html'].map((path) =>
      numbers(readFileSync(path, 'utf8')),
    );
    expect(weighed).toHaveLength(5);
    for (const [k, value] of weighed.entries()) {
      expect(
        Math.abs(value - said[k]),
        '`WEIGHT=1 npx vite build --config web/vite.config.ts` prints the sentence',
      ).toBeLessThan(0.1 * value);
    }
  });

  it('says what goes wrong in plain words, and nothing to the console', async () => {
    await close();
    expect(said).toEqual([]);
  });
});
