/** From a run to corrected labels and back, as a person goes: in the command line, and in Chromium. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseHTML } from 'linkedom';
import type { Browser, Page } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readSamples } from '../../src/fit/samples-file.ts';
import { executablePath, launch } from '../platform/chromium.ts';
import { run } from './run.ts';

/** Classes whose names would run as a program, end an element, or turn a line around. */
const names = [
  '</script><script>window.hacked = 1</script>',
  '"><img src=x onerror="window.hacked=1">, b',
  'c\u202E\u0007c',
];
/** Rows whose label is another than their x says. */
const flipped = [7, 40, 85];

let scratch: string;
let data: string;
let out: string;
const training = [
  '--target',
  'kind',
  '--batch-size',
  '8',
  '--epochs',
  '15',
  '--learning-rate',
  '0.02',
  '--method',
  'uniform',
  '--quiet',
];
const cell = (text: string) => `"${text.replaceAll('"', '""')}"`;

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'unequal-inspect-'));
  data = join(scratch, 'things.csv');
  out = join(scratch, 'run');
  const rows = Array.from({ length: 600 }, (_, i) => {
    const kind = flipped.includes(i) ? (i + 1) % 3 : i % 3;
    const x = (i % 3) * 2 + 0.3 * Math.sin(i);
    return [x.toFixed(3), (-x / 2 + Math.cos(i) / 5).toFixed(3), cell(`<b>note</b> ${i}`), cell(names[kind])].join(',');
  });
  await writeFile(data, `x,y,note,kind\n${rows.join('\n')}\n`);
  const { code, err } = await run(['train', '--data', data, '--as', 'note=ignore', ...training, '--out', out]);
  expect([code, err]).toEqual([0, '']);
}, 120_000);
afterAll(() => rm(scratch, { recursive: true, force: true }));

it('writes a page that nothing in the data can break out of, and names the rows that were flipped', async () => {
  const samples = await readSamples(join(out, 'samples', 'uniform.bin'));
  expect(samples.length).toBe(480);
  const { code, out: text } = await run(['inspect', out, '--most', '20', '--json']);
  expect(code).toBe(0);
  const { page, suspects, trained, figures } = JSON.parse(text);
  expect([trained, figures]).toEqual([480, ['map.svg']]);
  // Those in the training part, by their place in the file; each with the class that its numbers say.
  const found = suspects.map(({ index }: { index: number }) => index);
  expect(found.length).toBeGreaterThan(0);
  for (const { index, label, suggested } of suspects) {
    expect(flipped).toContain(index);
    expect([label, suggested]).toEqual([names[(index + 1) % 3], names[index % 3]]);
  }
  const source = await readFile(page, 'utf8');
  const { document } = parseHTML(source);
  expect(document.querySelectorAll('script')).toHaveLength(2);
  expect(document.querySelectorAll('img[onerror], b > script')).toHaveLength(0);
  for (const control of ['\u202E', '\u0007']) expect(source.includes(control)).toBe(false);
  expect(source).not.toMatch(/(src|href)="?(https?:)?\/\//);
  expect(document.querySelectorAll('#samples > li').length).toBeGreaterThanOrEqual(20);
  // A row is shown as it stands in the file, also what is no input.
  expect(document.querySelector('#samples > li')?.textContent).toMatch(/<b>note<\/b> \d+.*things\.csv, line \d+/s);
  expect(await readFile(join(out, 'map.svg'), 'utf8')).toMatch(/^<svg/);
});

describe.skipIf(!executablePath)('in Chromium', { retry: 1 }, () => {
  let browser: Browser;
  let page: Page;
  const wrong: string[] = [];
  beforeAll(async () => {
    browser = await launch();
  }, 60_000);
  afterAll(() => browser?.close());

  const open = async (path: string, options: { width: number; dark?: boolean } = { width: 1000 }) => {
    const context = await browser.newContext({
      viewport: { width: options.width, height: 740 },
      colorScheme: options.dark ? 'dark' : 'light',
      acceptDownloads: true,
    });
    page = await context.newPage();
    page.on('console', (message) => wrong.push(message.text()));
    page.on('pageerror', (error) => wrong.push(String(error)));
    await page.goto(`file://${path}`);
  };
  const current = () => page.locator('#samples > li[aria-selected=true]');
  const press = (key: string) => page.locator('#samples').press(key);
  const said = () => page.locator('#said').innerText();

  it('labels are corrected by keyboard, taken back, downloaded, and trained with', { timeout: 240_000 }, async () => {
    await run(['inspect', out, '--most', '30']);
    await open(join(out, 'inspect.html'), { width: 380, dark: true });
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(380);
    // The likeliest wrong label comes first.
    const index = Number(await current().getAttribute('data-index'));
    expect(flipped).toContain(index);
    expect(await page.locator('#samples').getAttribute('aria-activedescendant')).toBe(`s${index}`);
    await press('Enter');
    expect(await said()).toContain(`Sample ${index}:`);
    expect(await page.locator(`#s${index}`).getAttribute('data-state')).toBe('changed');
    const second = await current().getAttribute('data-index');
    expect(second).not.toBe(`${index}`);
    await press(' ');
    expect(await page.locator(`#s${second}`).getAttribute('data-state')).toBe('kept');
    await press('2');
    await press('u');
    expect(await said()).toContain('taken back');
    await press('9');
    expect(await said()).toBe('There is no class 9.');
    expect(await page.locator('#count').innerText()).toBe('2 decided, 1 of them changed');
    // Sorted otherwise, and only those that are decided.
    await page.locator('#sort').selectOption('loss');
    const losses = await page.$$eval('#samples > li', (all) =>
      all.map((one) => Number((one as HTMLElement).dataset.loss)),
    );
    expect(losses).toEqual(losses.toSorted((a, b) => b - a));
    await page.locator('#show').selectOption('decided');
    expect(await page.locator('#samples > li:visible').count()).toBe(2);
    await page.locator('#class').selectOption('1');
    const ofClass = await page.$$eval('#samples > li:not([hidden])', (all) =>
      all.map((one) => (one as HTMLElement).dataset.label),
    );
    expect(ofClass.every((label) => label === '1')).toBe(true);
    // The page is opened again: nothing is lost.
    await page.reload();
    expect(await page.locator('#count').innerText()).toBe('2 decided, 1 of them changed');
    const [download] = await Promise.all([page.waitForEvent('download'), page.locator('#download').click()]);
    expect(download.suggestedFilename()).toBe('labels.csv');
    const labels = join(scratch, 'labels.csv');
    await download.saveAs(labels);
    expect(await readFile(labels, 'utf8')).toContain(`\n${index},`);
    expect(await page.evaluate('window.hacked')).toBeUndefined();
    expect(wrong).toEqual([]);

    const again = join(scratch, 'again');
    const command = ['--data', data, '--as', 'note=ignore', ...training.slice(0, -1), '--out', again];
    const trained = await run(['train', ...command, '--labels', labels]);
    expect([trained.code, trained.err]).toEqual([0, expect.stringMatching(/labels: 2 in .*, 1 of them other/)]);
    expect(JSON.parse(await readFile(join(again, 'config.json'), 'utf8')).command).toContain(`--labels ${labels}`);
    const samples = await readSamples(join(again, 'samples', 'uniform.bin'));
    const before = await readSamples(join(out, 'samples', 'uniform.bin'));
    const changed = [...samples].filter(({ index, label }) => before.at(index)?.label !== label);
    expect(changed.map(({ label }) => label)).toEqual([names.toSorted().indexOf(names[index % 3])]);
    // The corrected run can be looked at too, and does not name that sample any more.
    const looked = await run(['inspect', again, '--json']);
    expect(JSON.parse(looked.out).suspects.map((one: { index: number }) => one.index)).not.toContain(index);

    // A run that is gone on with has the labels it began with.
    const more = await run(['train', '--resume', again, '--epochs', '16', '--quiet']);
    expect([more.code, more.err]).toEqual([0, '']);
    await writeFile(labels, (await readFile(labels, 'utf8')).replace(/\n(\d+),/, '\n1$1,'));
    const other = await run(['train', '--resume', again, '--epochs', '17', '--quiet']);
    expect([other.code, other.err]).toEqual([1, expect.stringMatching(/other labels than it began with.*in line 2/)]);
    await rm(labels);
    const gone = await run(['train', '--resume', again, '--epochs', '17', '--quiet']);
    expect([gone.code, gone.err]).toEqual([0, '']);
  });

  it('a digit types the class whose name is that number', { timeout: 240_000 }, async () => {
    const [stars, rated] = [join(scratch, 'stars.csv'), join(scratch, 'stars')];
    // 2 and 20 begin alike, and no class is where it would be counted.
    const values = [1, 2, 3, 20];
    const rows = Array.from({ length: 80 }, (_, i) => `${i % 4},${values[i % 4]}`);
    await writeFile(stars, `a,stars\n${rows.join('\n')}\n`);
    const how = ['--target', 'stars', '--task', 'classification', '--epochs', '2', '--quiet', '--out', rated];
    expect((await run(['train', '--data', stars, ...how])).code).toBe(0);
    expect((await run(['inspect', rated])).code).toBe(0);
    await open(join(rated, 'inspect.html'));
    const given = new Map<number, string>();
    for (const keys of ['1', '3', '20', '2']) {
      const index = Number(await current().getAttribute('data-index'));
      const before = await said();
      for (const key of keys) await press(key);
      await expect.poll(said).not.toMatch(/another digit/);
      expect(await said()).not.toBe(before);
      given.set(index, keys);
    }
    await press('4');
    expect(await said()).toBe('There is no class 4.');
    const [download] = await Promise.all([page.waitForEvent('download'), page.locator('#download').click()]);
    const lines = (await readFile(await download.path(), 'utf8')).trim().split('\n').slice(1);
    expect(lines.toSorted()).toEqual(
      [...given].map(([index, name]) => `${index},${name},${values[index % 4]}`).toSorted(),
    );
  });

  it('pictures are shown, of a folder whose names are hostile', { timeout: 240_000 }, async () => {
    const folder = join(scratch, 'pictures');
    const { mkdir } = await import('node:fs/promises');
    for (const [name, background] of [
      ['<script>window.hacked=1<', '#102030'],
      ['li"ght', '#e0f0ff'],
    ] as const) {
      await mkdir(join(folder, name), { recursive: true });
      for (let k = 0; k < 20; k++) {
        const image = sharp({ create: { width: 12, height: 10, channels: 3, background } });
        await image.png().toFile(join(folder, name, `${k}<i>.png`));
      }
    }
    const pictures = join(scratch, 'p');
    const command = ['--batch-size', '8', '--epochs', '4', '--quiet', '--out', pictures];
    expect((await run(['train', '--data', folder, ...command])).code).toBe(0);
    expect((await run(['inspect', pictures])).code).toBe(0);
    await open(join(pictures, 'inspect.html'));
    const image = page.locator('#samples img').first();
    expect(await image.evaluate((one) => (one as HTMLImageElement).naturalWidth)).toBe(12);
    expect(await current().innerText()).toMatch(/script.*|ght/);
    expect(await page.evaluate('window.hacked')).toBeUndefined();
    expect(wrong).toEqual([]);
  });
});

it('says on which line a file of labels is wrong', async () => {
  const file = join(scratch, 'wrong.csv');
  const [a, , c] = names.map(cell);
  const mistyped = cell('</script><script>window.hacked = 1</scrpt>');
  for (const [text, message] of [
    ['', /is empty/],
    ['sample,label\n', /line 1 does not name the columns/],
    [`index,label\n0,${a}\n600,${a}\n`, /line 3 has no index of a sample: got '600', expected 0 to 599/],
    [`index,label\n-1,${a}\n`, /line 2 has no index/],
    [`index,label\n1.5,${a}\n`, /line 2 has no index/],
    [`index,label\n3,${a}\n5,${a}\n3,${c}\n`, /line 4 has an index for the second time.*wrong\.csv, line 2/],
    [`index,label\n3,${mistyped}\n`, /unknown class in wrong\.csv, line 2.*did you mean/],
    [`index,label\n3,${a},x\n`, /line 2 is broken: got 3 cells/],
    [`index,label,was\n4,${a},${c}\n`, /line 2 is of other data: got sample 4 with the label/],
    ['index,label\n3,"a\n', /broken at line/],
  ] as const) {
    await writeFile(file, text);
    const { code, err } = await run([
      'train',
      '--data',
      data,
      '--labels',
      file,
      ...training,
      '--out',
      join(scratch, 'no'),
    ]);
    expect([text, code, err]).toEqual([text, 1, expect.stringMatching(message)]);
  }
  const regression = ['--target', 'x', '--task', 'regression', '--labels', file];
  await writeFile(file, `index,label\n3,${a}\n`);
  const { code, err } = await run(['train', '--data', data, ...regression, '--out', join(scratch, 'no')]);
  expect([code, err]).toEqual([1, expect.stringMatching(/whose targets are numbers/)]);
});

it('says of no label that it is wrong where the run was too short to tell', async () => {
  const short = join(scratch, 'short');
  const options = ['--batch-size', '32', '--epochs', '2', '--learning-rate', '0.000001', '--method', 'uniform'];
  const args = ['train', '--data', data, '--target', 'kind', '--as', 'note=ignore', ...options, '--out', short];
  expect((await run([...args, '--quiet'])).code).toBe(0);
  const { out: said } = await run(['inspect', short]);
  expect(said).toMatch(
    /^The run was too short to tell which labels are wrong: at its end the model gave \d+(\.\d+)? %/,
  );
  expect(said).not.toMatch(/correct/);
  const { learned, suspects } = JSON.parse((await run(['inspect', short, '--json'])).out);
  expect([learned, suspects]).toEqual([false, []]);
  expect(await readFile(join(short, 'inspect.html'), 'utf8')).toMatch(/<p>The run was too short to tell/);
});

it('says of no label that it is wrong where most samples were seen once', async () => {
  const once = join(scratch, 'once');
  const args = [
    'train',
    '--data',
    data,
    '--target',
    'kind',
    '--as',
    'note=ignore',
    '--method',
    'uniform',
    '--out',
    once,
  ];
  expect((await run([...args, '--batch-size', '1', '--epochs', '1', '--quiet'])).code).toBe(0);
  const { out: said } = await run(['inspect', once]);
  expect(said).toMatch(/^The run was too short to tell which labels are wrong: most samples were trained on once/);
});

it('says what a folder lacks, and refuses data that has changed', async () => {
  expect((await run(['inspect', scratch])).err).toMatch(/is not a run folder/);
  expect((await run(['inspect', out, '--method', 'unifrm'])).err).toMatch(/did you mean 'uniform'/);
  const before = await readFile(data, 'utf8');
  await writeFile(data, before.split('\n').slice(0, -2).join('\n'));
  const { code, err } = await run(['inspect', out]);
  await writeFile(data, before);
  expect([code, err]).toEqual([1, expect.stringMatching(/has changed since/)]);
});
