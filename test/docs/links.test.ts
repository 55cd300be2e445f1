/** The links of the pages lead to files that are in the package, those of the README also to headings that are in them. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
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

const { stdout } = spawnSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
  ...{ encoding: 'utf8', shell: process.platform === 'win32' },
});
const [{ files }] = JSON.parse(stdout) as [{ files: { path: string }[] }];
const packed = new Set(files.map(({ path }) => path));
const pages = [...packed].filter((path) => path.endsWith('.md'));

/** The links of a page to other files, and to headings. */
function linksOf(page: string): { readonly path: string; readonly anchor?: string }[] {
  const found = [...readFileSync(page, 'utf8').matchAll(/\]\((?!https?:)([^)#\s]*)(?:#([^)\s]*))?\)/g)];
  return found.map(([, to, anchor]) => ({ path: to ? posix.join(posix.dirname(page), to) : page, anchor }));
}

it('every link of the README works from the package', () => {
  const links = linksOf('README.md');
  expect(links.length).toBeGreaterThan(5);
  const dead = links.filter(({ path, anchor }) => !packed.has(path) || (anchor && !anchors(path).has(anchor)));
  expect(dead).toEqual([]);
});

it.each(pages)('every link of %s leads to what is in the package, or it says that it leads to a clone', (page) => {
  const absent = linksOf(page).filter(({ path }) => !packed.has(path));
  expect(absent.filter(({ path }) => !existsSync(path))).toEqual([]);
  const says = readFileSync(page, 'utf8').includes('lie beside it in a clone. The package has the page alone.');
  expect(says).toBe(absent.length > 0);
});
