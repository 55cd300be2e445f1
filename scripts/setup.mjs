// Makes a clone ready to run: installs the dependencies when those in node_modules are not those of the lock file, and
// builds when a source is newer than the build. Does nothing, in a few milliseconds, when there is nothing to do.
import { spawnSync } from 'node:child_process';
import { existsSync, lstatSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const at = (path) => join(root, path);
const modified = (path) => (existsSync(path) ? statSync(path).mtimeMs : 0);

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`Node ${process.versions.node} is too old: unequal needs 20.19 or newer`);
  process.exit(1);
}

if (!isInstalled()) {
  // npm would empty the folder that it leads to, which others may use.
  if (lstatSync(at('node_modules'), { throwIfNoEntry: false })?.isSymbolicLink()) {
    console.error('node_modules is a link, and what it leads to is not what package-lock.json says: run npm ci there');
    process.exit(1);
  }
  step('Installing the dependencies (about a minute, once)', ['ci', '--no-audit', '--no-fund', '--loglevel=error']);
}

const sources = [
  newest(at('src')),
  newest(at('web')),
  modified(at('package.json')),
  modified(at('tsdown.config.ts')),
  modified(at('page-script.ts')),
  modified(at('exact-declarations.ts')),
];
if (modified(at('dist/index.mjs')) < Math.max(...sources)) {
  step('Building', ['run', '--silent', 'build']);
}

/** Whether every package of the lock file is there in its version; optional ones may be missing. When files were written says nothing. */
function isInstalled() {
  const [wanted, found] = ['package-lock.json', 'node_modules/.package-lock.json'].map((name) =>
    existsSync(at(name)) ? JSON.parse(readFileSync(at(name), 'utf8')).packages : {},
  );
  return Object.entries(wanted).every(
    ([path, { version, optional, devOptional }]) =>
      path === '' || found[path]?.version === version || ((optional || devOptional) && !(path in found)),
  );
}

function newest(folder) {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return Math.max(...files.map((entry) => statSync(join(entry.parentPath ?? entry.path, entry.name)).mtimeMs));
}

function step(what, args) {
  process.stderr.write(`${what} …\n`);
  // The work's own output would bury that of the command it is done for; it is shown if the work fails.
  const { status, stdout, stderr } = spawnSync('npm', args, {
    cwd: root,
    encoding: 'utf8',
    shell: process.platform === 'win32',
  });
  if (status === 0) return;
  process.stderr.write(`${stdout}${stderr}\n${what} failed: npm ${args.join(' ')}\n`);
  process.exit(1);
}
