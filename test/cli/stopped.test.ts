/** The command line as users run it, in a process of its own: stopped, killed and out of room. */
import { type ChildProcess, spawn } from 'node:child_process';
import { appendFileSync, existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { smallDisk } from '../campaign/disk-full.ts';
import { bundled } from '../data/bundle.ts';
import { saveNet } from '../support/saved-net.ts';

let scratch: string;
let cli: { readonly folder: string; readonly file: string };
let whole: Ended;
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'unequal-stopped-'));
  cli = await bundled('src/cli/main.ts');
  await saveNet(join(scratch, 'net'));
  whole = await ended(start(join(scratch, 'whole')), join(scratch, 'whole'));
  expect([whole.code, whole.err]).toEqual([0, '']);
}, 300_000);
afterAll(async () => {
  for (const folder of [scratch, cli.folder]) await rm(folder, { recursive: true, force: true });
});

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
  readonly weights: string;
  readonly events: readonly object[];
}

const said = new WeakMap<ChildProcess, { out: string; err: string }>();

function launch(argv: readonly string[]): ChildProcess {
  const child = spawn(process.execPath, [cli.file, ...argv], { stdio: ['ignore', 'pipe', 'pipe'] });
  const text = { out: '', err: '' };
  child.stdout.on('data', (part) => {
    text.out += part;
  });
  child.stderr.on('data', (part) => {
    text.err += part;
  });
  said.set(child, text);
  return child;
}

const start = (out: string, ...more: string[]) =>
  launch([
    ...['train', '--model', join(scratch, 'net', 'model.json'), '--data', 'mnist', '--samples', '600', '--quiet'],
    ...['--test-samples', '100', '--batch-size', '20', '--epochs', '6', '--seed', '5', '--checkpoint-every', '7'],
    ...['--option', 'start=0.5', '--engine', 'eager', '--out', out, ...more],
  ]);

async function ended(child: ChildProcess, folder: string): Promise<Ended> {
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  const weights = join(folder, 'model', 'weights.bin');
  const metrics = join(folder, 'metrics.ndjson');
  const lines = existsSync(metrics) ? readFileSync(metrics, 'utf8').split('\n').slice(0, -1) : [];
  // Times differ from run to run.
  const timeless = lines.map((line) =>
    JSON.parse(line, (name, value) => (/seconds|time|rate$/i.test(name) ? 0 : value)),
  );
  return {
    code,
    ...said.get(child)!,
    weights: existsSync(weights) ? readFileSync(weights).toString('base64') : '',
    events: timeless.filter(({ type }) => type === 'point' || type === 'picked'),
  };
}

/** Waits until the run has a checkpoint and some steps after it. */
async function underWay(folder: string, bytes: number): Promise<void> {
  const metrics = join(folder, 'metrics.ndjson');
  const isThere = () => existsSync(join(folder, 'checkpoint')) && existsSync(metrics) && statSync(metrics).size > bytes;
  while (!isThere()) await sleep(5);
}

const resume = async (folder: string) => ended(launch(['train', '--resume', folder, '--quiet']), folder);
const lastPicked = ({ events }: Ended) => events.findLast((event) => (event as { type: string }).type === 'picked');
const points = ({ events }: Ended) => events.filter((event) => (event as { type: string }).type === 'point');

function expectSame(run: Ended): void {
  expect([run.code, run.err]).toEqual([0, '']);
  expect(run.weights).toBe(whole.weights);
  expect(points(run)).toEqual(points(whole));
  expect(lastPicked(run)).toEqual(lastPicked(whole));
}

describe('unequal train', { retry: 1 }, () => {
  it.each(['SIGINT', 'SIGTERM'] as const)(
    '%s leaves a run that goes on to the same end',
    async (signal) => {
      const folder = join(scratch, signal);
      const child = start(folder);
      await underWay(folder, 300);
      child.kill(signal);
      const stopped = await ended(child, folder);
      expect(stopped.code).toBe(130);
      expect(stopped.out).toContain(`Go on with: unequal train --resume ${folder}`);
      expect(stopped.weights).not.toBe(whole.weights);
      expectSame(await resume(folder));
    },
    120_000,
  );

  it('kill -9, and a record that was cut in the middle of a line, leave one as well', async () => {
    const folder = join(scratch, 'SIGKILL');
    const child = start(folder);
    await underWay(folder, 300);
    child.kill('SIGKILL');
    await ended(child, folder).catch(() => undefined);
    appendFileSync(join(folder, 'metrics.ndjson'), '{"type":"point","seconds":1.2,"tra');
    expectSame(await resume(folder));
  }, 300_000);

  it('on a full disk says so, without a stack, and keeps what was whole', async () => {
    const disk = join(scratch, 'disk');
    const away = smallDisk(disk);
    if (typeof away === 'string') {
      console.warn(`skipped: ${away}`);
      return;
    }
    try {
      const folder = join(disk, 'run');
      // The model, 31 kB, fits in; the checkpoints and the record do not for long.
      const filler = launch(['--version']);
      await new Promise((resolve) => filler.on('close', resolve));
      appendFileSync(join(disk, 'filler'), Buffer.alloc(2 ** 20 - 2 ** 17));
      const run = await ended(start(folder), folder);
      expect(run.code).toBe(1);
      expect(run.err).toMatch(/cannot be written: got .*(ENOSPC|bytes were taken)/);
      expect(run.err).not.toMatch(/\n\s+at /);
      expect(readdirSync(folder).filter((name) => name.endsWith('.tmp'))).toEqual([]);
      rmSync(join(disk, 'filler'));
      if (existsSync(join(folder, 'checkpoint'))) expectSame(await resume(folder));
    } finally {
      away();
    }
  }, 300_000);
});

it('trains to its end though nobody reads its progress any more', async () => {
  const folder = join(scratch, 'unread');
  const words = ['train', '--model', join(scratch, 'net', 'model.json'), '--data', 'mnist', '--samples', '600'];
  const rest = [
    '--test-samples',
    '100',
    '--batch-size',
    '20',
    '--epochs',
    '6',
    '--seed',
    '5',
    '--checkpoint-every',
    '7',
  ];
  const child = launch([...words, ...rest, '--option', 'start=0.5', '--engine', 'eager', '--out', folder]);
  child.stderr!.once('data', () => child.stderr!.destroy());
  const { code, weights } = await ended(child, folder);
  expect([code, weights]).toEqual([0, whole.weights]);
}, 120_000);
