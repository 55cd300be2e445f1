/** A real process that is stopped: only then is it told from one that is busy. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { bundled } from '../data/bundle.ts';

it('a step that takes long is counted, the time for which the process was stopped is not', async () => {
  const script = await bundled('test/cli/awake-child.ts');
  const child = spawn(process.execPath, [script.file], { stdio: ['ignore', 'pipe', 'inherit'] });
  let out = '';
  child.stdout.on('data', (text) => (out += text));
  while (!out.includes('ready')) await sleep(20);
  await sleep(500);
  child.kill('SIGSTOP');
  await sleep(3_000);
  child.kill('SIGCONT');
  await once(child, 'close');
  await rm(script.folder, { recursive: true, force: true });
  const { long, stopped, said } = JSON.parse(out.split('\n')[1]);
  expect(Math.abs(long.wall - long.counted)).toBeLessThan(0.05);
  expect(stopped.wall - stopped.counted).toBeGreaterThan(2.8);
  expect(stopped.wall - stopped.counted).toBeLessThan(3.6);
  expect(said).toEqual(['the process was paused for about 3 s, which is not counted']);
}, 60_000);
