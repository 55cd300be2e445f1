import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Family, Lost } from './family.ts';
import { methods } from './small-run.ts';

const trainer = join(import.meta.dirname, 'trainer.mjs');

/** A run that is killed again and again ends as one that was not. */
export const kills: Family = {
  name: 'kill -9',
  trials: 200,
  start: async (folder) => {
    if (!existsSync(trainer)) return 'the campaign is not built';
    const wanted: string[] = [];
    const lengths: number[] = [];
    for (const k of methods.keys()) {
      const result = join(folder, `result-${k}`);
      lengths.push(await run(k, join(folder, `straight-${k}`), result, 3));
      wanted.push(readFileSync(result, 'utf8'));
    }
    return async (random) => {
      const k = random.integer(methods.length);
      const path = join(folder, 'killed');
      const result = join(folder, 'result');
      for (const file of [path, result]) rmSync(file, { force: true });
      const every = [1, 3, undefined][random.integer(3)];
      // At any moment of its training; what is started comes to its end now and then.
      await run(k, path, result, every, random.integer(Math.ceil(lengths[k])));
      if (!existsSync(result)) await run(k, path, result, every);
      if (!existsSync(result)) throw new Lost('the run did not come to its end');
      if (readFileSync(result, 'utf8') !== wanted[k]) throw new Lost('the run ended otherwise');
      const left = readdirSync(folder).filter((name) => name.endsWith('.tmp'));
      if (left.length > 0) throw new Lost(`left behind: ${left}`);
      return 'ok';
    };
  },
};

/** @returns milliseconds that it trained for, once it was loaded. */
async function run(method: number, path: string, result: string, every?: number, killAfter?: number): Promise<number> {
  const child = spawn(process.execPath, [trainer, `${method}`, path, result, `${every ?? ''}`], { stdio: 'pipe' });
  let said = '';
  child.stderr.on('data', (text) => {
    said += text;
  });
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  // Loading takes longer than training: a kill there would find nothing out.
  await Promise.race([once(child.stdout, 'data'), ended]);
  const loaded = performance.now();
  if (killAfter !== undefined) {
    await Promise.race([sleep(killAfter), ended]);
    child.kill('SIGKILL');
  }
  const code = await ended;
  if (killAfter === undefined && code !== 0) throw new Lost(`the run failed: ${said.slice(0, 500)}`);
  return performance.now() - loaded;
}
