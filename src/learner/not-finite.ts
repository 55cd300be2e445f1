import { fault, type UnequalError } from '../errors.ts';

/** @param wrong what is not finite, in a sentence. @param got what was seen of it. */
export const notFinite = (wrong: string, got: string, learningRate: number): UnequalError =>
  fault({
    wrong,
    got: `${got} at learning rate ${learningRate}`,
    expected: 'finite numbers',
    mend: 'lower the learning rate, clip the gradient, or look at the inputs; the model keeps its last weights',
  });
