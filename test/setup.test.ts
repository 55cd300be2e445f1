/** What makes a clone ready never touches a folder of packages that is another clone's. */
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';

it('a linked node_modules that is not that of the lock file is left alone, and said', () => {
  const folder = mkdtempSync(join(tmpdir(), 'unequal-setup-'));
  try {
    for (const name of ['scripts', 'other']) mkdirSync(join(folder, name));
    for (const name of ['scripts/setup.mjs', 'package.json', 'package-lock.json'])
      copyFileSync(name, join(folder, name));
    writeFileSync(join(folder, 'other/mine'), '');
    symlinkSync(join(folder, 'other'), join(folder, 'node_modules'), 'junction');
    const { status, stderr } = spawnSync(process.execPath, ['scripts/setup.mjs'], { cwd: folder, encoding: 'utf8' });
    expect(status).toBe(1);
    expect(stderr).toContain('node_modules is a link');
    expect(readdirSync(join(folder, 'other'))).toEqual(['mine']);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
