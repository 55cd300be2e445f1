/** Half of the random programs, so that two workers share them. */
import { programs } from './random-programs.ts';
import { randomTest } from './random-test.ts';

randomTest(programs, 2, 1 / 2);
