import { existsSync, writeFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs';
import { killable } from './killable.ts';
import { model, train } from './small-run.ts';

/** The run that is killed: trains with checkpoints at a path, goes on with what is there, and writes what it ended with. */
const [, , name, path, result, every] = process.argv;
const { method, optimizer, callbacks } = killable[name];
await tf.setBackend('cpu');
process.stdout.write('ready\n');
const text = await train(model(optimizer?.()), {
  method: method(),
  callbacks: callbacks?.(),
  epochs: 12,
  checkpoint: { path, every: every ? Number(every) : undefined },
  resume: existsSync(path) ? path : undefined,
});
writeFileSync(result, text);
