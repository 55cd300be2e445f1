/** A sweep of processes of this machine whose master or whose runs are killed at any moment, and that is started again. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { bundled } from '../data/bundle.ts';
import { temporaryFolder } from '../data/temporary.ts';
import { saveNet } from '../support/saved-net.ts';

const root = temporaryFolder();
const config = join(root, 'sweep.yaml');
let cli: { readonly folder: string; readonly file: string };
let whole: Ended;
const children: ChildProcess[] = [];
beforeAll(async () => {
  cli = await bundled('src/cli/main.ts');
  await saveNet(join(root, 'net'));
  writeFileSync(config, yamlOf('uniform, importance'));
  whole = await start('whole').ended();
  expect([whole.code, whole.rows.map(({ failed }) => failed)]).toEqual([0, [undefined, undefined]]);
}, 300_000);
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});
afterAll(() => rmSync(cli.folder, { recursive: true, force: true }));

const yamlOf = (methods: string) => `name: killed
train:
  ${Object.entries({
    ...{ model: join(root, 'net', 'model.json'), data: 'mnist', samples: 600, 'test-samples': 100, 'batch-size': 20 },
    ...{ engine: 'eager', 'checkpoint-every': 7, seed: 5 },
  })
    .map(([name, value]) => `${name}: ${value}`)
    .join('\n  ')}
vary: { method: [${methods}] }
epochs: 6
`;

interface Row {
  readonly id: number;
  readonly failed?: string;
  readonly result?: object;
}
interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
  readonly rows: readonly Row[];
}

function start(name: string, ...more: string[]) {
  const words = [cli.file, 'sweep', config, '--out', join(root, name), '--quiet', ...more];
  // In a group of its own, as a shell starts it.
  const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  children.push(child);
  const text = { out: '', err: '' };
  child.stdout.on('data', (part) => (text.out += part));
  child.stderr.on('data', (part) => (text.err += part));
  const closed = new Promise<number | null>((resolve) => child.on('close', resolve));
  const ended = async (): Promise<Ended> => {
    const code = await closed;
    const file = join(root, name, 'sweep.json');
    const { rows = [] } = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
    return { code, ...text, rows };
  };
  return { pid: child.pid!, ended };
}

/** Processes that train in a folder of this test. */
function trainingIn(name: string): number[] {
  return readdirSync('/proc').flatMap((pid) => {
    if (!/^\d+$/.test(pid)) return [];
    try {
      const words = readFileSync(`/proc/${pid}/cmdline`, 'latin1').split('\0');
      return words.includes('train') && words.some((word) => word.startsWith(join(root, name, 'run-')))
        ? [Number(pid)]
        : [];
    } catch {
      return [];
    }
  });
}

async function until(holds: () => boolean): Promise<void> {
  for (let k = 0; k < 6_000 && !holds(); k++) await sleep(10);
  expect(holds()).toBe(true);
}

/** The second run has begun, or has a checkpoint and some steps after it. */
const moments = {
  'before its first checkpoint': (folder: string) => existsSync(join(folder, 'run-1', 'config.json')),
  'under way': (folder: string) => {
    const [checkpoint, metrics] = ['checkpoint', 'metrics.ndjson'].map((file) => join(folder, 'run-1', file));
    return existsSync(checkpoint) && statSync(metrics).size > 300;
  },
};
const timeless = ({ rows }: Ended) => rows.map(({ result, ...row }) => ({ ...row, result: { ...result, seconds: 0 } }));
/** What is there only while something is written. */
const unfinished = (name: string) =>
  readdirSync(join(root, name), { recursive: true, encoding: 'utf8' }).filter((file) => /\.(lock|tmp)\b/.test(file));

describe.skipIf(!existsSync('/proc/self/cmdline'))('a sweep', { timeout: 120_000, retry: 1 }, () => {
  let runs = 0;
  it.each<[string, NodeJS.Signals, keyof typeof moments, 'master' | 'group' | 'run']>([
    ['the master, by kill -9', 'SIGKILL', 'under way', 'master'],
    ['the master, by kill -9', 'SIGKILL', 'before its first checkpoint', 'master'],
    ['the master, by SIGTERM', 'SIGTERM', 'under way', 'master'],
    ['all of the terminal, by Ctrl-C', 'SIGINT', 'under way', 'group'],
    ['a run, by kill -9', 'SIGKILL', 'under way', 'run'],
    ['a run, by kill -9', 'SIGKILL', 'before its first checkpoint', 'run'],
    ['a run, by SIGTERM', 'SIGTERM', 'under way', 'run'],
  ])('killed: %s (%s), %s: no process stays, and it goes on from where it was', async (_, signal, moment, whom) => {
    const name = `killed-${runs++}`;
    const folder = join(root, name);
    const first = start(name);
    await until(() => moments[moment](folder));
    const before = statSync(join(folder, 'run-0', 'metrics.ndjson')).mtimeMs;
    const target = { master: first.pid, group: -first.pid, run: trainingIn(name)[0] }[whom];
    process.kill(target, signal);
    let last = await first.ended();
    if (whom !== 'run') {
      expect(last.code).toBe(signal === 'SIGKILL' ? null : 130);
      if (signal !== 'SIGKILL') {
        expect(last.out).toContain(`Go on with: unequal sweep ${config} --out ${folder}`);
        expect(trainingIn(name)).toEqual([]);
        expect(unfinished(name)).toEqual([]);
        // What was stopped has not failed.
        expect(last.rows.map(({ failed }) => failed)).toEqual([undefined, undefined]);
        expect(existsSync(join(folder, 'run-1', 'checkpoint'))).toBe(true);
      }
      // At once, also while a process of the first one is still in its last step.
      last = await start(name).ended();
    }
    expect([last.code, last.err, timeless(last)]).toEqual([0, '', timeless(whole)]);
    expect(statSync(join(folder, 'run-0', 'metrics.ndjson')).mtimeMs).toBe(before);
    expect(trainingIn(name)).toEqual([]);
    expect(unfinished(name)).toEqual([]);
    for (const run of ['run-0', 'run-1']) {
      for (const file of ['checkpoint', 'report.html', join('model', 'weights.bin')]) {
        const made = readFileSync(join(folder, run, file));
        if (file.endsWith('.bin')) expect(made).toEqual(readFileSync(join(root, 'whole', run, file)));
      }
    }
  });

  it.each([
    [
      'other options',
      'importance, uniform',
      6,
      /run-0 is a run of another sweep: got method uniform, expected method importance/,
    ],
    ['fewer epochs', 'uniform, importance', 4, /run-0 is a run of a longer sweep: got 6 epochs, expected 4 epochs/],
  ])(
    'that is another by now is refused, and its runs are not taken for that: %s',
    async (_, methods, epochs, message) => {
      writeFileSync(config, yamlOf(methods).replace('epochs: 6', `epochs: ${epochs}`));
      const { code, err } = await start('whole').ended();
      writeFileSync(config, yamlOf('uniform, importance'));
      expect(code).toBe(1);
      expect(err).toMatch(message);
    },
  );
});
