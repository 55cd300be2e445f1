import { existsSync, writeFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs';
import { methods, model, train } from './small-run.ts';

/** The run that is killed: trains with checkpoints at a path, goes on with what is there, and writes what it ended with. */
const [, , method, path, result, every] = process.argv;
await tf.setBackend('cpu');
process.stdout.write('ready\n');
const text = await train(model(), {
  method: methods[Number(method)](),
  epochs: 12,
  checkpoint: { path, every: every ? Number(every) : undefined },
  resume: existsSync(path) ? path : undefined,
});
writeFileSync(result, text);
