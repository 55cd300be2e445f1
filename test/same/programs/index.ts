/** The table of programs, by what they are about. */
import type { Programs } from '../program.ts';
import { callbacks } from './callbacks.ts';
import { courses } from './courses.ts';
import { inputs } from './inputs.ts';
import { layers } from './layers.ts';
import { losses } from './losses.ts';
import { optimizers } from './optimizers.ts';
import { streams } from './streams.ts';

export const tables: { readonly [part: string]: Programs } = {
  'Inputs, outputs and targets': inputs,
  Layers: layers,
  Losses: losses,
  Optimizers: optimizers,
  Callbacks: callbacks,
  Streams: streams,
  'Courses of training': courses,
};
