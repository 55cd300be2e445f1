import { mkdtemp, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LiveReport, serveReport } from '../../src/cli/live-report.ts';
import { newStanding } from '../../src/cli/progress.ts';
import { RunFolder } from '../../src/cli/run-folder.ts';
import { chart, watch } from '../../src/cli/watch.ts';
import { executablePath, launch } from '../platform/chromium.ts';
import { config, events, points } from '../report/fixture.ts';

const ask = (url: string, host?: string, method = 'GET'): Promise<{ status: number; body: string }> =>
  new Promise((resolve, reject) => {
    const asked = request(url, { method, headers: host === undefined ? {} : { host } }, (response) => {
      let body = '';
      response.on('data', (part) => (body += part));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
    });
    asked.on('error', reject);
    asked.end();
  });

describe('--serve', () => {
  let path: string;
  let folder: RunFolder;
  let live: LiveReport;
  beforeAll(async () => {
    path = join(await mkdtemp(join(tmpdir(), 'unequal-')), 'run');
    folder = await RunFolder.create(path, config);
    live = await serveReport(path, () => folder.size);
  });
  afterAll(async () => {
    await live.end();
    folder.close();
    await rm(path, { recursive: true });
  });

  it('answers under the names of this machine alone, and only reads', async () => {
    const { port } = new URL(live.url);
    expect((await ask(live.url)).body).toContain('Nothing has been measured yet.');
    expect((await ask(`http://127.0.0.1:${port}/`)).status).toBe(200);
    for (const host of ['evil.example', `evil.example:${port}`, 'localhost', `localhost:${port}.evil.example`]) {
      expect((await ask(live.url, host)).status, host).toBe(403);
    }
    expect((await ask(live.url, undefined, 'POST')).status).toBe(405);
    expect((await ask(`${live.url}../config.json`)).status).toBe(404);
  });

  it('cannot be reached on another interface', async () => {
    const others = Object.values(networkInterfaces()).flatMap((all = []) =>
      all.filter(({ internal, family }) => !internal && family === 'IPv4'),
    );
    for (const { address } of others) {
      await expect(ask(live.url.replace('localhost', address))).rejects.toThrow(/ECONNREFUSED/);
    }
  });

  it.skipIf(!executablePath)(
    'a page that is open follows the run, and keeps what its reader chose',
    { timeout: 120_000, retry: 1 },
    async () => {
      const browser = await launch();
      try {
        const page = await browser.newPage();
        const said: string[] = [];
        page.on('pageerror', (error) => said.push(String(error)));
        await page.goto(live.url);
        for (const event of points('uniform', 0.02, 0.02).slice(0, 4)) folder.append(event);
        await page.locator('figure').first().waitFor();
        await page.getByRole('button', { name: 'linear axes' }).click();
        for (const event of events) folder.append(event);
        await page.getByRole('button', { name: 'importance' }).waitFor();
        expect(await page.getByRole('button', { name: 'linear axes' }).getAttribute('aria-pressed')).toBe('true');
        expect(said).toEqual([]);
      } finally {
        await browser.close();
      }
    },
  );
});

describe('--watch', () => {
  const standing = { ...newStanding('a\u001b[2J'), steps: 3, losses: [1] };
  const methods = [
    {
      standing,
      points: [
        { seconds: 0, error: 90 },
        { seconds: 5, error: 9 },
      ],
    },
    { standing: newStanding('b'), points: [{ seconds: 5, error: Number.NaN }] },
  ];

  it('draws the curve: the first point at the top left, the last at the bottom right', () => {
    const lines = chart(methods, 60, 'error');
    expect(lines[0]).toBe('error');
    expect(lines[1]).toMatch(/^ +90 │○$/);
    expect(lines[12]).toMatch(/^ +9 │ +○$/);
    expect(lines.at(-1)).toContain('0 to 5 s of training');
    expect(chart([], 60, 'error')).toHaveLength(lines.length);
    for (const line of chart(methods, 40, 'error')) expect(line.length).toBeLessThanOrEqual(40);
  });

  it('is one write a frame, clears nothing before it is covered, and obeys no name', () => {
    const written: string[] = [];
    const out = { write: () => {}, control: (text: string) => written.push(text), isTTY: true, columns: 80 };
    const meter = watch(out, methods, 'error');
    meter.update();
    meter.end();
    expect(written).toHaveLength(2);
    const lines = written[0].split('\n').length - 1;
    expect(written[1]).toContain(`\u001b[${lines}A`);
    for (const frame of written) {
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for.
      const codes = [...frame.matchAll(/\u001b(\[[?\d]*[A-Za-z])/g)].map(([, code]) => code);
      expect(new Set(codes.map((code) => code.replace(/\d+A/, 'A')))).toEqual(
        new Set(frame === written[0] ? ['[?2026h', '[K', '[?2026l'] : ['[?2026h', '[A', '[K', '[?2026l']),
      );
    }
  });
});
