import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import * as tf from '@tensorflow/tfjs';
import { UnequalError } from '../../src/errors.ts';
import { decode, encode } from '../../src/fit/checkpoint.ts';
import type { FitArgs } from '../../src/fit/options.ts';
import { type Family, Lost, pick, type Trial } from './family.ts';
import { type Killable, killable } from './killable.ts';
import { mutateBytes, mutateState } from './mutate.ts';
import { held, model, train } from './small-run.ts';

/** A run of each method, and of what is put around one. */
const runs: readonly Killable[] = Object.values(killable);

/** A checkpoint in the middle of each run. */
async function written(folder: string): Promise<Uint8Array[]> {
  await tf.setBackend('cpu');
  const files: Uint8Array[] = [];
  for (const [k, { method, optimizer, callbacks }] of runs.entries()) {
    const path = join(folder, `whole-${k}`);
    const controller = new AbortController();
    const onStep: FitArgs['onStep'] = ({ step }) => {
      if (step === 4) controller.abort();
    };
    const more = {
      method: method(),
      callbacks: callbacks?.(),
      checkpoint: { path },
      signal: controller.signal,
      onStep,
    };
    await train(model(optimizer?.()), more);
    files.push(Uint8Array.from(readFileSync(path)));
    if ((await resume(path, runs[k])) !== 'ok') throw new Error('a checkpoint as it was written was refused');
  }
  return files;
}

/** Resumes from a file: what is refused must leave model and optimizer alone. */
async function resume(path: string, run: Killable, changes: FitArgs = {}): Promise<'ok' | 'refused'> {
  const fresh = model(run.optimizer?.());
  const before = held(fresh);
  let begun = false;
  const watch = {
    onBatchBegin: () => {
      begun = true;
    },
  };
  const callbacks = [run.callbacks?.() ?? [], watch].flat() as FitArgs['callbacks'];
  try {
    await train(fresh, { method: run.method(), ...changes, resume: path, callbacks });
    return 'ok';
  } catch (error) {
    if (!(error instanceof UnequalError)) throw error;
    if (!begun && held(fresh) !== before)
      throw new Lost(`a refused checkpoint has changed the model: ${error.message}`);
    return 'refused';
  } finally {
    fresh.dispose();
    fresh.optimizer.dispose();
  }
}

function family(name: string, trials: number, make: (files: Uint8Array[], folder: string) => Trial): Family {
  return { name, trials, start: async (folder) => make(await written(folder), folder) };
}

/** Any change of a file is noticed. */
export const damaged = family('damaged checkpoints', 1000, (files, folder) => async (random) => {
  const k = random.integer(files.length);
  const bytes = mutateBytes(random, files[k]);
  if (Buffer.compare(bytes, files[k]) === 0) return 'refused';
  const path = join(folder, 'damaged');
  writeFileSync(path, bytes);
  if ((await resume(path, runs[k])) === 'ok') throw new Lost('a damaged checkpoint was accepted');
  return 'refused';
});

/** Whatever the contents are, the result is a run or an UnequalError. */
export const forged = family('forged checkpoints', 1000, (files, folder) => async (random) => {
  const k = random.integer(files.length);
  const path = join(folder, 'forged');
  let where = 'the bytes';
  if (random.integer(4) > 0) {
    const mutated = mutateState(random, decode(files[k], path));
    where = mutated.where;
    try {
      writeFileSync(path, encode(mutated.state));
    } catch (error) {
      if (error instanceof UnequalError) return 'refused';
      throw error;
    }
  } else writeFileSync(path, withChecksum(mutateBytes(random, files[k].subarray(0, -4))));
  try {
    return await resume(path, runs[k]);
  } catch (error) {
    if (error instanceof Error) error.stack = `${where}: ${error.stack}`;
    throw error;
  }
});

/** What decodes checkpoints, alone. */
export const decoder: Family = {
  ...family('checkpoint decoder', 100_000, (files) => async (random) => {
    const bytes = mutateBytes(random, pick(random, files).subarray(0, -4));
    decode(random.integer(8) === 0 ? bytes : withChecksum(bytes), 'the checkpoint');
    return 'ok';
  }),
  ...{ patience: 10_000, bounded: true },
};

function withChecksum(bytes: Uint8Array): Uint8Array {
  const file = new Uint8Array(bytes.length + 4);
  file.set(bytes);
  new DataView(file.buffer).setUint32(bytes.length, crc32(bytes), true);
  return file;
}

/** A checkpoint of another run is refused. */
export const foreign = family('foreign checkpoints', 100, (files, folder) => async (random) => {
  const k = random.integer(files.length);
  const path = join(folder, 'foreign');
  writeFileSync(path, files[k]);
  const other = (k + 1) % runs.length;
  const changes: FitArgs[] = [
    ...[{ method: runs[other].method() }, { batchSize: 4 }, { validationSplit: 0.5 }, { shuffle: false }, { seed: 5 }],
  ];
  if ((await resume(path, runs[k], pick(random, changes))) === 'ok') {
    throw new Lost('a checkpoint of another run was accepted');
  }
  return 'refused';
});
