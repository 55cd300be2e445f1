/** A run that keeps a checkpoint, and after its first step waits until it is told to go on. */
import * as tf from '@tensorflow/tfjs';
import { fit, uniform } from 'unequal';
import { network, points } from './program.mjs';

/** Begins a run that writes after every step, and resolves after the first one: to nothing, or to why there is none. */
globalThis.begin = async (path) => {
  await tf.setBackend('cpu');
  return new Promise((begun) => {
    const onStep = ({ step }) => {
      if (step > 0) return undefined;
      begun();
      return new Promise((next) => {
        globalThis.goOn = next;
      });
    };
    const args = {
      engine: 'eager',
      batchSize: 8,
      epochs: 1,
      method: uniform(),
      checkpoint: { path, every: 1 },
      onStep,
    };
    globalThis.ended = fit(network(), points(), args).then(
      () => 'trained',
      (error) => error.message,
    );
    globalThis.ended.then(begun);
  });
};

/** What became of the run. */
globalThis.end = () => {
  globalThis.goOn();
  return globalThis.ended;
};
