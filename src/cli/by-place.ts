import { placeOf } from '../data/labelled.ts';
import type { ShapedSamples } from '../data/own/table-samples.ts';
import { passedOn } from '../data/passed-on.ts';
import type { Samples } from '../data/samples.ts';

/**
 * Samples to train on, called in errors and explanations by their place in the data: it is what labels.csv, the report and
 * `unequal inspect` call them by, and a person who looks for one has only the data.
 */
export function byPlace(samples: ShapedSamples): Samples {
  const { length } = samples;
  return {
    ...{ length, batch: (indices) => samples.batch(indices), ...passedOn(samples) },
    place: (index) => placeOf(samples, index),
  };
}
