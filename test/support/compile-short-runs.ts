/** Set up before every test file: programs of tests make a few steps, and are to be compiled all the same. */
import { RareSizes } from '../../src/learner/rare-sizes.ts';

RareSizes.few = 0;
