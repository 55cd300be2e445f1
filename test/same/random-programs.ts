/** Programs put together at random, as `randomTest` takes them. */
import { programText } from './program-text.ts';
import { programOf, type Spec, specs } from './random.ts';
import type { Kind } from './random-check.ts';

export const programs: Kind<Spec> = { specs, programOf, text: programText, again: 'SAME_SPEC' };
