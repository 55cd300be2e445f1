/** The links of the README lead to files that are in the package, and to headings that are in them. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

/** The anchors of a page's headings, as GitHub and npm make them. */
function anchors(path: string): Set<string> {
  const headings = readFileSync(path, 'utf8').match(/^#+ .*$/gm) ?? [];
  const plain = (heading: string) =>
    heading
      .replace(/^#+ /, '')
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '');
  return new Set(headings.map((heading) => plain(heading).replaceAll(' ', '-')));
}

it('every link of the README works from the package', { timeout: 60_000 }, () => {
  const { stdout } = spawnSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
    ...{ encoding: 'utf8', shell: process.platform === 'win32' },
  });
  const [{ files }] = JSON.parse(stdout) as [{ files: { path: string }[] }];
  const packed = new Set(files.map(({ path }) => path));
  const links = [...readFileSync('README.md', 'utf8').matchAll(/\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)/g)];
  expect(links.length).toBeGreaterThan(5);
  const dead = links
    .map(([, path, anchor]) => [path || 'README.md', anchor])
    .filter(([path, anchor]) => !packed.has(path) || (anchor && !anchors(join('.', path)).has(anchor)));
  expect(dead).toEqual([]);
});
