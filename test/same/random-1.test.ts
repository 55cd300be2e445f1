/** Half of the random programs, so that two workers share them. */
import { randomTest } from './random-test.ts';

randomTest(1);
