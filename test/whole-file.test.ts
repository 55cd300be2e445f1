import { spawnSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, open, readdir, readFile, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { UnequalError } from '../src/errors.ts';
import { checkWritable, removeUnfinished, writeWhole } from '../src/whole-file.ts';
import { bundled } from './data/bundle.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'unequal-whole-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** The name that a write of another process has. */
const unfinished = (pid: number) =>
  `.unequal-${hostname()
    .replace(/[^\w-]/g, '')
    .slice(0, 40)}-${pid}-0-0123456789ab.tmp`;

describe('a file written whole', () => {
  it('is refused at once where no folder can be made', async () => {
    for (const path of ['/proc/none/file', '/proc/none/more/file', join(import.meta.filename, 'file')]) {
      await expect(writeWhole(path, 'x'), path).rejects.toThrow(UnequalError);
      await expect(checkWritable(path, 'checkpoint.path'), path).rejects.toThrow(UnequalError);
    }
  });

  it('has its parts in order, with folders made on the way, and nothing beside it', async () => {
    const path = join(folder, 'a', 'b', 'file');
    await writeWhole(path, ['τ', new Uint8Array([1, 2]), '']);
    expect(await readFile(path)).toEqual(Buffer.from([0xcf, 0x84, 1, 2]));
    await chmod(path, 0o600);
    await writeWhole(path, 'new');
    expect(await readFile(path, 'utf8')).toBe('new');
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await readdir(join(folder, 'a', 'b'))).toEqual(['file']);
  });

  it('may be written by many at once: one of them is there, whole', async () => {
    const path = join(folder, 'many');
    const contents = Array.from({ length: 20 }, (_, k) => `${k}`.repeat(10_000));
    await Promise.all(contents.map((content) => writeWhole(path, content)));
    expect(contents).toContain(await readFile(path, 'utf8'));
    expect((await readdir(folder)).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  it('goes where a link leads', async () => {
    await writeFile(join(folder, 'target'), 'old');
    await symlink('target', join(folder, 'link'));
    await writeWhole(join(folder, 'link'), 'new');
    expect(await readFile(join(folder, 'target'), 'utf8')).toBe('new');
  });

  it('is written under the permission model of Node, which allows no fsync', { timeout: 60_000 }, async () => {
    const program = await bundled('src/whole-file.ts');
    const path = join(folder, 'allowed', 'file');
    await mkdir(join(folder, 'allowed'));
    const flag = process.allowedNodeEnvironmentFlags.has('--permission') ? '--permission' : '--experimental-permission';
    const text = `import(${JSON.stringify(program.file)}).then(async ({ checkWritable, writeWhole }) => {
      await checkWritable(${JSON.stringify(path)}, 'a file');
      await writeWhole(${JSON.stringify(path)}, 'allowed');
    })`;
    const allow = ['--allow-fs-read=*', `--allow-fs-write=${join(folder, 'allowed')}/*`];
    const { status, stderr } = spawnSync(process.execPath, [flag, ...allow, '-e', text], { encoding: 'utf8' });
    await rm(program.folder, { recursive: true });
    expect(status, stderr).toBe(0);
    expect(await readFile(path, 'utf8')).toBe('allowed');
  });

  it('leaves nothing behind where it cannot be', async () => {
    const path = join(folder, 'taken');
    await mkdir(join(path, 'full'), { recursive: true });
    await expect(writeWhole(path, 'x')).rejects.toThrow(UnequalError);
    expect((await readdir(folder)).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });
});

describe('the way to the disk', () => {
  const fails = (code: string | undefined) => {
    const calls: number[] = [];
    vi.spyOn(process.getBuiltinModule('node:fs'), 'fsync').mockImplementation((fd, done) => {
      calls.push(fd);
      setImmediate(done, code === undefined ? null : Object.assign(new Error(`${code}: fsync`), { code }));
    });
    vi.resetModules();
    return calls;
  };
  afterEach(() => vi.restoreAllMocks());

  it.each(['EINVAL', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP'])('need not be known to the file system: %s', async (code) => {
    const calls = fails(code);
    const { writeWhole } = await import('../src/whole-file.ts');
    await writeWhole(join(folder, code), 'all');
    expect(await readFile(join(folder, code), 'utf8')).toBe('all');
    expect(calls.length).toBeGreaterThan(0);
  });

  it.each(['EIO', 'ENOSPC', 'EDQUOT'])('that fails leaves the old file: %s', async (code) => {
    await writeFile(join(folder, code), 'old');
    fails(code);
    const { writeWhole } = await import('../src/whole-file.ts');
    await expect(writeWhole(join(folder, code), 'new')).rejects.toThrow(`${code}: fsync`);
    expect(await readFile(join(folder, code), 'utf8')).toBe('old');
    expect((await readdir(folder)).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  it("is there under Yarn Plug'n'Play, whose files have no sync of their own", async () => {
    const file = await open(join(folder, 'plain'), 'w');
    const missing = () => {
      throw new Error('Method not implemented.');
    };
    for (const name of ['sync', 'datasync'] as const) {
      vi.spyOn(Object.getPrototypeOf(file), name).mockImplementation(missing);
    }
    await file.close();
    const calls = fails(undefined);
    const { writeWhole } = await import('../src/whole-file.ts');
    await writeWhole(join(folder, 'plain'), 'all');
    expect(await readFile(join(folder, 'plain'), 'utf8')).toBe('all');
    // The file, and the folder with its name.
    expect(calls).toHaveLength(2);
  });
});

describe('what killed processes have left', () => {
  it('is removed, and what others are writing is not', async () => {
    const left = join(folder, 'left');
    await mkdir(left);
    const { pid } = spawnSync(process.execPath, ['-e', '']);
    const names = [unfinished(pid), unfinished(process.ppid), unfinished(process.pid), 'mine.tmp'];
    for (const name of names) await writeFile(join(left, name), '');
    await removeUnfinished(left);
    expect(new Set(await readdir(left))).toEqual(new Set(names.slice(1)));
    // Of an earlier process with this one's number.
    await utimes(join(left, unfinished(process.pid)), 0, 0);
    await removeUnfinished(left);
    expect(new Set(await readdir(left))).toEqual(new Set([unfinished(process.ppid), 'mine.tmp']));
  });
});

describe('a path that cannot be written', () => {
  it.each<[string, () => unknown]>([
    ['a folder', () => folder],
    ['nothing', () => undefined],
    ['a number', () => 3],
    ['empty', () => ''],
    ['one with a zero', () => 'a\0b'],
    ['below a file', () => join(folder, 'many', 'x')],
    ['one that ends as a folder', () => `${join(folder, 'new')}/`],
    ['a device', () => '/dev/null'],
  ])('is refused: %s', async (_, path) => {
    await expect(checkWritable(path(), 'checkpoint.path')).rejects.toThrow(UnequalError);
    await expect(checkWritable(path(), 'checkpoint.path')).rejects.toThrow(/checkpoint\.path/);
  });

  it('and one that can be is not, and stays as it is', async () => {
    const path = join(folder, 'fresh', 'x');
    await checkWritable(path, 'checkpoint.path');
    expect(await readdir(join(folder, 'fresh'))).toEqual([]);
  });
});
