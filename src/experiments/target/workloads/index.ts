import { unknownName } from '../../../nearest.ts';
import type { Workload } from '../workload.ts';
import { digits, fewWrongLabels, manyWrongLabels, permutedDigits, rareDigits, streamedDigits } from './digits.ts';
import { batchNormalised, hundredClasses, scenes, tenClasses, tinyImageNet } from './pictures.ts';
import { jobs, rain } from './tables.ts';
import { characters, spam } from './text.ts';

/** Every workload, those that defaults are designed on first. */
export const workloads: readonly Workload[] = [
  ...[digits, tenClasses, spam, fewWrongLabels, characters, rain, batchNormalised, streamedDigits],
  ...[hundredClasses, permutedDigits, scenes, rareDigits, manyWrongLabels, jobs, tinyImageNet],
];

/** The workload of a name. @throws UnequalError with the nearest name where there is none. */
export function workloadNamed(name: string): Workload {
  const found = workloads.find((workload) => workload.name === name);
  if (found !== undefined) return found;
  throw unknownName(
    'workload',
    name,
    workloads.map(({ name }) => name),
  );
}
