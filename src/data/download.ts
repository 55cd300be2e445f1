import { createWriteStream } from 'node:fs';
import { rename, rm, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';
import { fault, UnequalError } from '../errors.ts';
import { counted } from '../plural.ts';
import { type Archive, identify } from './archive.ts';
import type { OnProgress } from './progress.ts';

/**
 * Fetches `archive` from `url` into `file`. What has arrived stays in `file.part` when the connection breaks, and the
 * next call goes on from there; only a file with the right hash gets its final name.
 */
export async function download(url: string, file: string, archive: Archive, onProgress?: OnProgress): Promise<void> {
  const part = `${file}.part`;
  const resumed = (await sizeOf(part)) > 0;
  await fetchInto(url, part, archive.bytes, onProgress);
  try {
    await identify(part, [archive], onProgress);
  } catch (error) {
    await rm(part);
    // What an older attempt left may have come from another version of the file.
    if (!resumed || !(error instanceof UnequalError)) throw error;
    await fetchInto(url, part, archive.bytes, onProgress);
    await identify(part, [archive], onProgress);
  }
  await rename(part, file);
}

async function fetchInto(url: string, part: string, most: number, onProgress?: OnProgress): Promise<void> {
  const have = await sizeOf(part);
  const failed = (got: string, cause?: unknown) =>
    fault({
      wrong: `${url} could not be fetched`,
      got,
      mend: 'try again (what has arrived is kept), or fetch it by other means and use --from PATH',
      cause,
    });
  let response: Response;
  try {
    response = await fetch(url, have > 0 ? { headers: { range: `bytes=${have}-` } } : {});
  } catch (cause) {
    const reason = (cause as Error).cause ?? cause;
    throw failed(reason instanceof Error ? reason.message : String(reason), cause);
  }
  if (response.status === 416) return; // All of it is there already; the hash decides.
  if (!response.ok || response.body === null) throw failed(`HTTP ${response.status} ${response.statusText}`);
  const start = response.status === 206 ? have : 0;
  const length = Number(response.headers.get('content-length'));
  let done = start;
  const meter = new Transform({
    transform(chunk, _encoding, next) {
      done += chunk.length;
      if (done > most) return next(new Error(`more than the ${most} bytes of the file`));
      onProgress?.({ phase: 'download', item: basename(url), done, ...(length > 0 && { total: start + length }) });
      next(null, chunk);
    },
  });
  try {
    await pipeline(
      Readable.fromWeb(response.body as ReadableStream),
      meter,
      createWriteStream(part, { flags: start > 0 ? 'a' : 'w' }),
    );
  } catch (cause) {
    if (done > most) await rm(part, { force: true });
    const got = done > most ? (cause as Error).message : `the connection broke after ${counted(done, 'byte')}`;
    throw failed(got, cause);
  }
}

async function sizeOf(file: string): Promise<number> {
  try {
    return (await stat(file)).size;
  } catch {
    return 0;
  }
}
