/** Real processes and a real server. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as tf from '@tensorflow/tfjs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type LocalServer, startServer } from '../../../src/cluster/server.ts';
import { endsWithParent } from '../../../src/ends-with-parent.ts';
import { fit } from '../../../src/fit/fit.ts';
import { uniform } from '../../../src/methods/uniform.ts';
import { bundled } from '../../data/bundle.ts';
import { tinyModel, tinySamples } from '../small.ts';

let script: Awaited<ReturnType<typeof bundled>>;
let folder: string;
let server: LocalServer;
const children: ChildProcess[] = [];

beforeAll(async () => {
  await tf.setBackend('cpu');
  script = await bundled('test/cluster/parallel/member-child.ts');
  folder = await mkdtemp(join(tmpdir(), 'unequal-parallel-'));
  server = await startServer();
}, 120_000);
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});
afterAll(async () => {
  await server.stop();
  for (const one of [script.folder, folder]) await rm(one, { recursive: true, force: true });
});

interface Line {
  readonly step: number;
  readonly members: number;
  readonly most: number;
  readonly traffic: number;
  readonly done?: boolean;
  readonly steps: number;
  readonly weights: number[];
}

function start(words: string[], joins: boolean) {
  const env = { ...process.env, UNEQUAL_REDIS: server.url, UNEQUAL_JOIN: joins ? '1' : '' };
  const child = spawn(process.execPath, [...endsWithParent, script.file, ...words], {
    env,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  children.push(child);
  let [out, err] = ['', ''];
  child.stdout!.on('data', (text) => (out += text));
  child.stderr!.on('data', (text) => (err += text));
  const lines = (): Line[] =>
    out
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line));
  const until = async (holds: (last: Line) => boolean) => {
    for (let k = 0; k < 600; k++) {
      const last = lines().at(-1);
      if (last && holds(last)) return last;
      if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}: ${err}`);
      await sleep(50);
    }
    throw new Error(`waited in vain: ${out.slice(-300)} ${err}`);
  };
  const ended = async () => {
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    return { code: child.exitCode, last: lines().at(-1)!, err };
  };
  return { until, ended, kill: () => child.kill('SIGKILL') };
}

describe('processes that train together', { timeout: 120_000, retry: 2 }, () => {
  it('three of batches of 16 are one with batches of 48, to 1e-5, and say what it costs', async () => {
    const words = ['same', join(folder, 'same'), '2'];
    const joined = [1, 2].map(() => start([...words, 'workers=2'], true));
    const leads = start([...words, 'workers=2'], false);
    const ends = await Promise.all([leads, ...joined].map((one) => one.ended()));
    const alone = tinyModel({ optimizer: tf.train.momentum(0.05, 0.9) });
    await fit(alone, tinySamples(), {
      ...{ method: uniform(), epochs: 2, batchSize: 48, engine: 'eager', seed: 1, verbose: 0 },
    });
    const wanted = alone.getWeights().flatMap((one) => [...one.dataSync()]);
    for (const { code, last, err } of ends) {
      expect([code, err.replace(/[\s\S]*={20,}\n*/, '')]).toEqual([0, '']);
      for (const [k, value] of wanted.entries()) expect(Math.abs(last.weights[k] - value)).toBeLessThan(1e-5);
    }
    expect(ends[0].last.steps).toBe(2 * Math.ceil(400 / 48));
  });

  it('one is killed, another joins, the leader is killed and resumed: no step is lost or made twice', async () => {
    const words = ['faults', join(folder, 'faults'), '60', 'importance'];
    const first = start(words, true);
    const leads = start([...words, 'workers=1'], false);
    await leads.until(({ step }) => step > 20);
    first.kill();
    await leads.until(({ members }) => members === 1);
    const second = start(words, true);
    await leads.until(({ members }) => members === 2);
    leads.kill();
    const resumed = start([...words, 'resume'], false);
    const [one, two] = await Promise.all([resumed.ended(), second.ended()]);
    expect([one.code, two.code, one.last.done, one.last.most]).toEqual([0, 0, true, 2]);
    expect(two.last.weights).toEqual(one.last.weights);
  });

  it('DiLoCo: rounds every five steps', async () => {
    const words = ['diloco', join(folder, 'diloco'), '4', 'every=5', 'diloco', 'importance', 'workers=1'];
    const other = start(words, true);
    const leads = start(words, false);
    const [one, two] = await Promise.all([leads.ended(), other.ended()]);
    expect([one.code, two.code]).toEqual([0, 0]);
    expect(two.last.weights).toEqual(one.last.weights);
  });
});
