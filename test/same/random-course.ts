/**
 * Courses put together at random: two models that share a trunk are trained, by turns with what programs do in between. Weights
 * are set, layers frozen, models compiled anew, copied, saved and loaded, optimizers make steps of their own.
 */
import fc from 'fast-check';
import { optimizers } from '../compiler/optimizer-cases.ts';
import { acts } from './course-acts.ts';
import { type Beginning, Stage, trunks } from './course-stage.ts';
import type { Nudge } from './nudge.ts';
import type { Program } from './program.ts';
import type { Kind } from './random-check.ts';

/** What is done to one of the two models; what `n` chooses depends on it. */
interface Act {
  readonly act: string;
  readonly second: boolean;
  readonly n: number;
}

interface Course extends Beginning {
  readonly acts: Act[];
}

const trainings = ['fit', 'fit', 'fit with validation', 'fit that stops', 'fit a stream'];

const act: fc.Arbitrary<Act> = fc.record({
  act: fc.oneof(fc.constantFrom(...Object.keys(acts)), fc.constantFrom(...trainings)),
  second: fc.boolean(),
  n: fc.integer({ min: 0, max: 11 }),
});

const courses: fc.Arbitrary<Course> = fc.record({
  trunk: fc.constantFrom(...(Object.keys(trunks) as (keyof typeof trunks)[])),
  optimizer: fc.constantFrom(...Object.keys(optimizers)),
  oneOptimizer: fc.boolean(),
  acts: fc.array(act, { minLength: 3, maxLength: 9 }),
  seed: fc.integer({ min: 1, max: 1000 }),
});

function courseProgram(course: Course, nudge?: Nudge): Program {
  return {
    outcome: 'compiled',
    once: true,
    tolerance: 1e-3,
    run: async (by) => {
      const stage = new Stage(by, course, nudge);
      await acts.fit(stage, stage.held[0], 1);
      for (const { act, second, n } of course.acts) await acts[act](stage, stage.held[second ? 1 : 0], n);
      for (const held of stage.held) await acts.fit(stage, held, 3);
    },
  };
}

export const randomCourses: Kind<Course> = {
  specs: courses,
  programOf: courseProgram,
  again: 'SAME_COURSE',
  short: true,
};
