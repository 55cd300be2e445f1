import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fault } from '../errors.ts';
import { readRecord } from '../report/record.ts';
import { runReport } from '../report/run-report.ts';
import { seedsHtml } from './seeds.ts';

/** Milliseconds between two looks at how far the run has come; a page that is read costs a little of its time. */
const interval = 2000;
/** Milliseconds that an ended run waits for the pages that look at it to fetch its last state. */
const patience = 3000;

/** The report of a run that goes on, served to this machine alone. */
export interface LiveReport {
  readonly url: string;
  /** Shows the end to whoever looks, and stops serving. */
  end(): Promise<void>;
}

/**
 * Serves the report of a run folder while its run goes on: the page of `unequal report`, which takes over every new version
 * of itself. Only this machine can reach it, on a port that is free, and only under its own names: a page of another site
 * that has its name point here is refused.
 *
 * @param size how much of the run there is; the pages are told when it has changed.
 */
export async function serveReport(folder: string, size: () => number): Promise<LiveReport> {
  const listeners = new Set<ServerResponse>();
  let [known, told, ended] = ['', -1, false];
  let at = -1;
  const pageNow = async () => {
    // Read again only when there is something new.
    if (at === size() && !ended) return known;
    at = size();
    const record = await readRecord(folder);
    known = runReport(record, { overSeeds: seedsHtml(record), live: ended ? undefined : 'events' });
    return known;
  };
  const server = createServer(async (request, response) => {
    const path = refusal(request, server.address() as AddressInfo) ?? request.url?.split('?')[0];
    response.setHeader('x-content-type-options', 'nosniff');
    response.setHeader('cache-control', 'no-store');
    if (typeof path === 'number') return void response.writeHead(path).end();
    if (path === '/events') {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write('retry: 2000\n\n');
      listeners.add(response);
      response.on('close', () => listeners.delete(response));
      return undefined;
    }
    if (path !== '/') return void response.writeHead(404).end('not found');
    try {
      const page = await pageNow();
      return void response.setHeader('content-type', 'text/html; charset=utf-8').end(page);
    } catch (error) {
      return void response.writeHead(500).end((error as Error).message);
    }
  });
  await new Promise<void>((resolve, reject) => {
    server.on('error', (cause) => reject(fault({ wrong: 'the report cannot be served', got: cause.message, cause })));
    server.listen(0, '127.0.0.1', resolve);
  });
  const tell = (event: string) => {
    for (const listener of listeners) listener.write(event);
  };
  const timer = setInterval(() => {
    if (size() === told) return;
    told = size();
    tell(`data: ${told}\n\n`);
  }, interval);
  timer.unref();
  server.unref();
  return {
    url: `http://localhost:${(server.address() as AddressInfo).port}/`,
    end: async () => {
      clearInterval(timer);
      ended = true;
      const looking = listeners.size;
      if (looking > 0) {
        let fetched = 0;
        const all = new Promise<void>((resolve) => {
          server.on('request', ({ url }, response: ServerResponse) =>
            response.on('finish', () => url === '/' && ++fetched >= looking && resolve()),
          );
        });
        tell('data: end\n\n');
        await Promise.race([all, new Promise((resolve) => setTimeout(resolve, patience))]);
        tell('event: end\ndata: end\n\n');
      }
      for (const listener of listeners) listener.end();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}

/** Why a request gets nothing, as a status of HTTP. */
function refusal({ method, headers }: IncomingMessage, { port }: AddressInfo): number | undefined {
  if (!['localhost', '127.0.0.1'].some((name) => headers.host === `${name}:${port}`)) return 403;
  return method === 'GET' || method === 'HEAD' ? undefined : 405;
}
