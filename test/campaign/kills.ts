import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { endsWithParent } from '../../src/ends-with-parent.ts';
import { type Family, Lost, pick } from './family.ts';
import { killable } from './killable.ts';

const trainer = join(import.meta.dirname, 'trainer.mjs');
const names = Object.keys(killable);

/** The run that is being killed. */
interface Victim {
  readonly name: string;
  readonly every: number | undefined;
  kills: number;
}

/**
 * Each trial starts a run, or what the last trial has left of one, and kills it at any moment of its training. One that
 * comes to its end, however often it was killed, must have ended as one that was not.
 */
export const kills: Family = {
  name: 'kill -9',
  trials: 200,
  patience: 300_000,
  start: async (folder) => {
    if (!existsSync(trainer)) return 'the campaign is not built';
    const straight = new Map<string, { readonly text: string; readonly length: number }>();
    const [path, result] = ['killed', 'result'].map((name) => join(folder, name));
    let victim: Victim | undefined;
    return async (random) => {
      if (victim === undefined) {
        for (const file of [path, result]) rmSync(file, { force: true });
        victim = { name: pick(random, names), every: [1, 3, undefined][random.integer(3)], kills: 0 };
        if (!straight.has(victim.name)) {
          const length = await run(victim.name, join(folder, 'straight'), result, 3);
          straight.set(victim.name, { text: readFileSync(result, 'utf8'), length });
          for (const file of [join(folder, 'straight'), result]) rmSync(file, { force: true });
        }
      }
      const { name, every } = victim;
      const { text, length } = straight.get(name)!;
      // One that keeps no more than its epochs may never come to its end.
      const patient = victim.kills++ >= 6;
      await run(name, path, result, every, patient ? undefined : random.integer(Math.ceil(length)));
      if (!existsSync(result)) {
        if (patient) throw new Lost(`${name} did not come to its end`);
        return 'ok';
      }
      victim = undefined;
      if (readFileSync(result, 'utf8') !== text) throw new Lost(`${name}, every ${every}, ended otherwise`);
      const left = readdirSync(folder).filter((name) => name.endsWith('.tmp'));
      if (left.length > 0) throw new Lost(`left behind: ${left}`);
      return 'ok';
    };
  },
};

/** @returns milliseconds that it trained for, once it was loaded. */
async function run(name: string, path: string, result: string, every?: number, killAfter?: number): Promise<number> {
  const child = spawn(process.execPath, [...endsWithParent, trainer, name, path, result, `${every ?? ''}`], {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  let said = '';
  child.stderr!.on('data', (text) => {
    said += text;
  });
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  // Loading takes longer than training: a kill there would find nothing out.
  await Promise.race([once(child.stdout!, 'data'), ended]);
  const loaded = performance.now();
  let killed = false;
  if (killAfter !== undefined) {
    await Promise.race([sleep(killAfter), ended]);
    killed = child.kill('SIGKILL');
  }
  const code = await ended;
  if (!killed && code !== 0) throw new Lost(`${name} failed: ${said.slice(0, 500)}`);
  return performance.now() - loaded;
}
