/** Pictures of one's own seen by a trained network, in the built page, in Chromium. */
import * as tf from '@tensorflow/tfjs';
import type { Browser, Page } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { executablePath, launch } from '../platform/chromium.ts';
import { long, openPlay } from './open.ts';

interface File {
  readonly name: string;
  readonly mimeType: string;
  readonly buffer: Buffer;
}

/** A network as TensorFlow.js saves it: one convolution of three filters, which pass on red, green and blue. */
async function saved(pooled = true): Promise<File[]> {
  const kernel = tf.tensor4d(
    [
      [1, 0, 0],
      [0, 1, 0],
      [0, 0, 1],
    ].flat(),
    [1, 1, 3, 3],
  );
  const layers: tf.layers.Layer[] = [
    tf.layers.conv2d({ ...{ filters: 3, kernelSize: 1, inputShape: [16, 16, 3] }, weights: [kernel, tf.zeros([3])] }),
    pooled ? tf.layers.globalAveragePooling2d({}) : tf.layers.flatten(),
    tf.layers.dense({ units: 5, activation: 'softmax' }),
  ];
  let files: File[] = [];
  await tf.sequential({ layers }).save(
    tf.io.withSaveHandler(async ({ modelTopology, weightSpecs, weightData }) => {
      const weightsManifest = [{ paths: ['group1.bin'], weights: weightSpecs }];
      const json = JSON.stringify({ format: 'layers-model', modelTopology, weightsManifest });
      files = [
        { name: 'group1.bin', mimeType: 'application/octet-stream', buffer: Buffer.from(weightData as ArrayBuffer) },
        { name: 'model.json', mimeType: 'application/json', buffer: Buffer.from(json) },
      ];
      return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } };
    }),
  );
  return files;
}

const pictures = (color: string) =>
  Promise.all(
    Array.from({ length: 12 }, async (_, k) => ({
      name: `${color}-${k}.png`,
      mimeType: 'image/png',
      buffer: await sharp({ create: { width: 40 + k, height: 30, channels: 3, background: color } })
        .png()
        .toBuffer(),
    })),
  );

if (!executablePath) console.warn('skipped: no Chromium found; set CHROMIUM_PATH to test the page');

describe.skipIf(!executablePath)('pictures seen by a trained network', { retry: 1, timeout: 240_000 }, () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launch();
  }, 60_000);
  afterAll(() => browser?.close());

  const give = async (page: Page, label: number, color: string) =>
    page.getByLabel(`Pictures of class ${label}`).setInputFiles(await pictures(color));
  const network = (page: Page) => page.getByLabel('or a model.json with its weights');

  it('races on the features of a network from files, and of pictures that come later', async () => {
    const { page, said, close } = await openPlay(browser, '#task=own&seconds=6');
    await give(page, 1, 'red');
    await network(page).setInputFiles(await saved());
    await page.getByText('Each picture becomes features of your network').waitFor(long);
    await give(page, 2, 'blue');
    await page.getByText('Why it did what it did').waitFor(long);
    expect(await page.locator('.legend').innerText()).toMatch(/importance 0\.0 %\s+uniform 0\.0 %/);
    await page.getByRole('button', { name: 'Fixed filters again' }).click();
    await page.getByText('averages of fixed random filters').waitFor(long);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(360);
    expect(said).toEqual([]);
    await close();
  });

  it('loads MobileNet from where TensorFlow.js keeps it, and says so where it cannot', async () => {
    const files = await saved();
    let there = false;
    const { page, close } = await openPlay(browser, '#task=own&seconds=6', {}, (page) =>
      page.context().route('https://storage.googleapis.com/tfjs-models/**', (route) => {
        const file = files.find(({ name }) => route.request().url().endsWith(name));
        if (!there || !file) return route.abort();
        const headers = { 'access-control-allow-origin': '*' };
        return route.fulfill({ body: file.buffer, contentType: file.mimeType, headers });
      }),
    );
    await give(page, 1, 'red');
    await give(page, 2, 'blue');
    await page.getByRole('button', { name: 'Load MobileNet, 2 MB' }).click();
    await page.getByText(/^MobileNet cannot be loaded\./).waitFor(long);
    there = true;
    await page.getByRole('button', { name: 'Load MobileNet, 2 MB' }).click();
    await page.getByText('Each picture becomes features of MobileNet').waitFor(long);
    await page.getByText('Why it did what it did').waitFor(long);
    await close();
  });

  it.each<[string, () => Promise<File[]>, RegExp]>([
    ['weights without a model', async () => (await saved()).slice(0, 1), /Choose its model\.json and the files/],
    ['a model without weights', async () => (await saved()).slice(1), /Choose its model\.json and the files/],
    ['a network without a pooling to cut at', () => saved(false), /It has no global average pooling/],
  ])('refuses %s', async (_, files, message) => {
    const { page, close } = await openPlay(browser, '#task=own');
    await network(page).setInputFiles(await files());
    await page.getByText(message).waitFor(long);
    expect(await page.getByText('averages of fixed random filters').count()).toBe(1);
    await close();
  });
});
