/** The docs site builds: no warning of typedoc, no dead link, every page that is meant to be there. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';

const out = mkdtempSync(join(tmpdir(), 'unequal-site-'));
afterAll(() => rm(out, { recursive: true, force: true }));

it('builds', { timeout: 400_000 }, () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['scripts/docs.mjs', out], { encoding: 'utf8' });
  expect(stderr).toBe('');
  expect(stdout).toMatch(/\d+ pages in .*, \d+ links, none of them dead/);
  expect(status).toBe(0);
  for (const page of ['index', 'how-it-decides', 'cluster', 'results/index', 'api/index', 'play/index']) {
    expect(existsSync(join(out, `${page}.html`)), page).toBe(true);
  }
});
