// Builds the docs site into dist-docs/, or the folder given: the API pages out of the docstrings (a warning is an error), the pages, the page to
// play, the reports of the results; then follows every link in it.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const [docs, site] = [join(root, 'docs'), resolve(process.argv[2] ?? join(root, 'dist-docs'))];
const base = process.env.BASE ?? '/';

rmSync(join(docs, 'api'), { recursive: true, force: true });
run('typedoc', ['--logLevel', 'Warn']);
run('vitepress', ['build', 'docs', '--outDir', site]);
cpSync(join(root, 'dist/play'), join(site, 'play'), { recursive: true });
cpSync(join(docs, 'results'), join(site, 'results'), { recursive: true, filter: (path) => !path.endsWith('.md') });
cpSync(join(docs, 'pictures'), join(site, 'pictures'), { recursive: true });

// A server may answer /name with either.
const both = readdirSync(site, { recursive: true, encoding: 'utf8' }).filter(
  (name) => name.endsWith('.html') && existsSync(join(site, name.slice(0, -'.html'.length))),
);
if (both.length > 0) {
  console.error(`Beside a folder of the same name; call the page or the folder otherwise:\n${both.join('\n')}`);
  process.exit(1);
}

const { pages, links, dead } = check();
if (dead.length > 0) {
  console.error(`${dead.length} dead links:\n${dead.join('\n')}`);
  process.exit(1);
}
console.log(`${pages} pages in ${relative('', site)}, ${links} links, none of them dead`);

function run(command, args) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [bin(command), ...args], {
    cwd: root,
    encoding: 'utf8',
  });
  if (status === 0) return;
  console.error(`${stdout}${stderr}\n${command} failed`);
  process.exit(1);
}

function bin(name) {
  const at = join(root, 'node_modules', name, 'package.json');
  const { bin } = JSON.parse(readFileSync(at, 'utf8'));
  return join(dirname(at), typeof bin === 'string' ? bin : bin[name]);
}

/** Follows each link within the site to its page, and to the heading in it. */
function check() {
  const files = readdirSync(site, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.html'));
  const read = new Map();
  const of = (path) => {
    if (!read.has(path)) {
      const html = readFileSync(path, 'utf8');
      const all = (pattern) => [...html.matchAll(pattern)].map(([, value]) => value.replaceAll('&amp;', '&'));
      read.set(path, {
        ids: new Set(all(/\sid="([^"]*)"/g)),
        urls: new Set(all(/<(?:a|img)\s[^>]*?(?:href|src)="([^"]*)"/g)),
      });
    }
    return read.get(path);
  };
  const known = new Map();
  const isThere = (pathname, hash) => {
    const path = join(site, decodeURIComponent(pathname.slice(base.length - 1)));
    const file = [path, `${path}.html`, join(path, 'index.html')].find(
      (path) => existsSync(path) && /\.\w+$/.test(path),
    );
    const anchor = decodeURIComponent(hash.slice(1));
    return file !== undefined && (anchor === '' || !file.endsWith('.html') || of(file).ids.has(anchor));
  };
  const dead = [];
  let links = 0;
  for (const name of files) {
    for (const url of of(join(site, name)).urls) {
      const { origin, pathname, hash } = new URL(url, `http://site${base}${name.replaceAll('\\', '/')}`);
      if (origin !== 'http://site') continue;
      links++;
      const target = pathname + hash;
      if (!known.has(target)) known.set(target, isThere(pathname, hash));
      if (!known.get(target)) dead.push(`${relative(root, join(site, name))}: ${url}`);
    }
  }
  return { pages: files.length, links, dead };
}
