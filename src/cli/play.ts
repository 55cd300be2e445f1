import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, extname, join, normalize, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { fault } from '../errors.ts';
import { numberOption } from './arguments.ts';
import type { Io } from './io.ts';

const types: Readonly<Record<string, string>> = {
  ...{ '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css' },
  ...{ '.png': 'image/png', '.wasm': 'application/wasm' },
};

/** `unequal play`. */
export function playCommand(io: Io): Command {
  return new Command('play')
    .description('serve a page that races methods in your browser')
    .addOption(numberOption('port', 'where to serve it; 0: any that is free').default(8080))
    .action(async ({ port }: { port: number }) => {
      const { url, closed, close } = await servePage(port);
      io.signal.addEventListener('abort', close, { once: true });
      io.stdout.write(`Race it yourself: ${url} (Ctrl+C ends it)\n`);
      await closed;
    });
}

/** Serves the built page on this machine alone. @throws UnequalError if there is none, or the port is taken. */
async function servePage(port: number): Promise<{ url: string; closed: Promise<void>; close: () => void }> {
  const folder = join(dirname(fileURLToPath(import.meta.url)), 'play');
  if (!existsSync(join(folder, 'index.html'))) {
    throw fault({ wrong: 'the page is not built', got: `no ${folder}`, mend: 'npm run build' });
  }
  const server = createServer(async (request, response) => {
    try {
      const path = normalize(decodeURIComponent((request.url ?? '/').split('?')[0]));
      const file = join(folder, path.endsWith(sep) ? `${path}index.html` : path);
      if (!file.startsWith(folder + sep)) throw new Error('outside');
      const body = await readFile(file);
      response.setHeader('content-type', types[extname(file)] ?? 'application/octet-stream').end(body);
    } catch {
      response.writeHead(404).end('not found');
    }
  });
  const closed = new Promise<void>((resolve) => server.on('close', resolve));
  await new Promise<void>((resolve, reject) => {
    server.on('error', (cause) => {
      reject(fault({ wrong: 'the page cannot be served', got: cause.message, mend: 'give another --port', cause }));
    });
    server.listen(port, '127.0.0.1', resolve);
  });
  const close = () => {
    server.close();
    server.closeAllConnections();
  };
  const url = `http://localhost:${(server.address() as AddressInfo).port}/`;
  return { url, closed, close };
}
