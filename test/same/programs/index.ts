/** The table of programs, by what they are about. */
import type { Programs } from '../program.ts';
import { callbacks } from './callbacks.ts';
import { layers } from './layers.ts';
import { losses } from './losses.ts';
import { optimizers } from './optimizers.ts';

export const tables: { readonly [part: string]: Programs } = { layers, losses, optimizers, callbacks };
