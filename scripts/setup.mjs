// Makes a clone ready to run: installs the dependencies when node_modules is missing or older than the lock file, and
// builds when a source is newer than the build. Does nothing, in a few milliseconds, when there is nothing to do.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
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

if (modified(at('node_modules/.package-lock.json')) < modified(at('package-lock.json'))) {
  step('Installing the dependencies (about a minute, once)', ['ci', '--no-audit', '--no-fund', '--loglevel=error']);
}

const sources = [
  newest(at('src')),
  newest(at('web')),
  modified(at('package.json')),
  modified(at('tsdown.config.ts')),
  modified(at('page-script.ts')),
];
if (modified(at('dist/index.mjs')) < Math.max(...sources)) {
  step('Building', ['run', '--silent', 'build']);
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
