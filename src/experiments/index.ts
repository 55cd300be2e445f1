import { unknownName } from '../nearest.ts';
import type { Experiment } from './experiment.ts';
import { gradientNorms } from './gradient-norms.ts';
import { varianceReduction } from './variance-reduction.ts';

/** Every experiment, in the order of the slides. */
export const experiments: readonly Experiment[] = [gradientNorms, varianceReduction];

/** The experiment of a name. @throws UnequalError with the nearest name where there is none. */
export function experimentNamed(name: string): Experiment {
  const experiment = experiments.find((experiment) => experiment.name === name);
  if (experiment !== undefined) return experiment;
  throw unknownName(
    'experiment',
    name,
    experiments.map(({ name }) => name),
  );
}
