/** Every example of README and docs is a file that runs, as its user would run it, against the built package. */
import { execFile, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
// @ts-expect-error a script, without types
import { pages, region, withExamples } from '../../scripts/examples.mjs';

const hasRedis = spawnSync('redis-server', ['--version']).status === 0;
if (!hasRedis) console.warn('skipped: no redis-server found; the example with workers needs one');

const folder = resolve('examples');
const programs = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.mjs') && !/(^|[\\/])(task|score)\.mjs$|^browser/.test(name))
  .filter((name) => hasRedis || !name.startsWith('cluster'))
  .sort();

// A new process for each, and a new graph: a slow start is no fault.
describe('runs', { retry: 1 }, () => {
  it.each(programs)('%s', { timeout: 240_000 }, async (name) => {
    const path = join(folder, name);
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [basename(path)], {
      ...{ cwd: dirname(path), timeout: 230_000 },
    });
    expect(stdout.trim()).not.toBe('');
    // What the examples show is not to be slower, or other, than their reader expects.
    expect(stderr).not.toMatch(/eagerly|uniformly/);
  });
});

describe.each<string>(pages)('%s', (page) => {
  const text = readFileSync(page, 'utf8');

  it('has the text of its examples (node scripts/examples.mjs puts it in)', () => {
    expect(withExamples(text)).toBe(text);
  });

  it('has no program that is not an example', () => {
    const blocks = [...text.matchAll(/(?:^|\n)(.*)\n```(?:js|ts|mjs|jsx|tsx|html|json)\n/g)];
    const strangers = blocks.map(([, before]) => before).filter((line) => !/^<!-- examples\/\S+#\S+ -->$/.test(line));
    expect(strangers).toEqual([]);
  });
});

it('every example is on a page', () => {
  const text = pages.map((page: string) => readFileSync(page, 'utf8')).join('\n');
  const regions = (readdirSync(folder, { recursive: true, encoding: 'utf8' }) as string[])
    .filter((name) => name.endsWith('.mjs'))
    .flatMap((name) => {
      const program = readFileSync(join(folder, name), 'utf8');
      const named = [...program.matchAll(/^\/\/ #region (\S+)$/gm)].map(([, region]) => region);
      return named.map((region) => `examples/${name.replaceAll('\\', '/')}#${region}`);
    });
  expect(regions.length).toBeGreaterThan(15);
  expect(regions.filter((region) => !text.includes(`<!-- ${region} -->`))).toEqual([]);
});

it('an example is put into an empty block, and what follows it stays', () => {
  const after = '\n\nThen this.\n\n```sh\nls\n```\n';
  const marker = '<!-- examples/race.mjs#race -->\n```js\n';
  expect(withExamples(`${marker}\`\`\`${after}`)).toBe(
    `${marker}${region('examples/race.mjs', 'race')}\n\`\`\`${after}`,
  );
});

it('a region that is not there is an error', () => {
  expect(() => region('examples/race.mjs', 'none')).toThrow('examples/race.mjs has no whole region none');
});
