import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';
import { type Browser, chromium } from 'playwright-core';

const places = [process.env.CHROMIUM_PATH, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
export const executablePath = places.find((path) => path !== undefined && existsSync(path));

export function launch(args: readonly string[] = []): Promise<Browser> {
  return chromium.launch({
    executablePath,
    args: ['--no-sandbox', '--disable-background-networking', '--disable-component-update', '--no-first-run', ...args],
  });
}

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.css': 'text/css',
  '.wasm': 'application/wasm',
};

export interface ServeOptions {
  /** Whether pages may share memory between threads. */
  readonly isolated?: boolean;
  /** Paths that are not there. */
  readonly missing?: RegExp;
}

/** Serves folders by the first part of the path; the folder `''` has the rest. */
export async function serve(
  roots: Readonly<Record<string, string>>,
  { isolated = false, missing = /^$/ }: ServeOptions = {},
) {
  const asked: string[] = [];
  const server = createServer(async (request, response) => {
    const path = normalize(decodeURI(new URL(request.url ?? '/', 'http://localhost').pathname));
    const [, first, ...rest] = path.split('/');
    const file =
      first && first in roots ? join(roots[first], ...rest) : join(roots[''], path === '/' ? 'index.html' : path);
    asked.push(path);
    if (isolated) {
      response.setHeader('cross-origin-opener-policy', 'same-origin');
      response.setHeader('cross-origin-embedder-policy', 'require-corp');
    }
    try {
      if (missing.test(path)) throw new Error('missing');
      const body = await readFile(file);
      response.setHeader('content-type', types[extname(file)] ?? 'application/octet-stream').end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  return { url: `http://localhost:${(server.address() as AddressInfo).port}/`, asked, close: () => server.close() };
}
