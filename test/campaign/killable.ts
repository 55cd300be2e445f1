import * as tf from '@tensorflow/tfjs';
import { EarlyStopping } from '../../src/fit/early-stopping.ts';
import type { FitArgs } from '../../src/fit/options.ts';
import { ReduceLROnPlateau } from '../../src/fit/reduce-lr-on-plateau.ts';
import type { Method } from '../../src/methods/method.ts';
import { registry } from '../../src/methods/registry.ts';
import { uniform } from '../../src/methods/uniform.ts';
import { accumulated } from '../../src/optimizers/accumulated.ts';
import { adamW } from '../../src/optimizers/adam-w.ts';
import { averaged } from '../../src/optimizers/averaged.ts';
import { clipped } from '../../src/optimizers/clipped.ts';
import { methods } from './small-run.ts';

/** A run that can be killed at any moment and gone on with. */
export interface Killable {
  readonly method: () => Method;
  readonly optimizer?: () => tf.Optimizer;
  readonly callbacks?: () => NonNullable<FitArgs['callbacks']>;
}

/** Where a default is for more samples than these. */
const small: { readonly [method: string]: object } = {
  paper2018: { presample: 2, threshold: 1.01 },
  approximate: { presample: 2 },
  evolvedSampling: { presample: 2 },
};

/** Methods of the registry that train a classifier and need nothing else. */
const ofRegistry = registry.filter(({ embedding, needs }) => embedding === undefined && needs === undefined);

/** Runs of every method, and of what is put around one. */
export const killable: { readonly [name: string]: Killable } = {
  ...Object.fromEntries(ofRegistry.map(({ name, make }) => [name, { method: () => make(small[name]) }])),
  'on at once': { method: methods[2] },
  averaged: { method: methods[1], optimizer: () => averaged(tf.train.momentum(0.05, 0.9), { decay: 0.9 }) },
  accumulated: { method: methods[2], optimizer: () => accumulated(tf.train.adam(0.01), 3) },
  'weight decay, clipped': {
    method: uniform,
    optimizer: () => clipped(adamW(0.01, { weightDecay: 0.1 }), { globalClipNorm: 0.5 }),
  },
  callbacks: {
    method: methods[1],
    callbacks: () => [
      new EarlyStopping({ patience: 6, restoreBestWeights: true }),
      new ReduceLROnPlateau({ patience: 1, factor: 0.7 }),
    ],
  },
};
