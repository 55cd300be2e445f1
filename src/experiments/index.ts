import { unknownName } from '../nearest.ts';
import { ablation } from './ablation.ts';
import { epochs } from './epochs.ts';
import type { Experiment } from './experiment.ts';
import { finetuning } from './finetuning.ts';
import { gradientNorms } from './gradient-norms.ts';
import { imageClassification } from './image-classification.ts';
import { labelErrors } from './label-errors.ts';
import { redundancy } from './redundancy.ts';
import { sequence } from './sequence.ts';
import { start } from './start.ts';
import { varianceReduction } from './variance-reduction.ts';

/** Every experiment, in the order of the slides. */
export const experiments: readonly Experiment[] = [
  gradientNorms,
  varianceReduction,
  start,
  imageClassification,
  finetuning,
  sequence,
  redundancy,
  labelErrors,
  epochs,
  ablation,
];

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
