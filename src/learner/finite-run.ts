import type * as tf from '@tensorflow/tfjs';
import type { Compiled, Input } from '../compiler/index.ts';
import type { StepOptions } from './learner.ts';
import { type Outputs, scalar } from './named.ts';
import { notFinite } from './not-finite.ts';

export interface PassOptions extends StepOptions {
  /** Whether what was assigned counts. Default true. */
  readonly track?: boolean;
  readonly values?: ReadonlyMap<tf.Variable, Float32Array>;
  /** Looks at the outputs before anything is assigned; may throw. */
  readonly check?: (outputs: Outputs) => void;
}

/** Runs a pass; what it assigned counts only if all is finite, and it was to leave a trace. */
export async function runFinite(
  compiled: Compiled,
  inputs: Readonly<Record<string, Input>>,
  { seed, track = true, values, check }: PassOptions,
  learningRate: () => number,
): Promise<Outputs> {
  if (seed !== undefined) compiled.seed = seed;
  const finite = (outputs: Outputs) => Number.isFinite(scalar(outputs.loss)) && Number.isFinite(scalar(outputs.finite));
  const outputs = await compiled.run(inputs, {
    values,
    call: seed === undefined ? undefined : 0,
    accept: (seen) => {
      check?.(seen);
      return finite(seen) && track;
    },
  });
  if (finite(outputs)) return outputs;
  const loss = scalar(outputs.loss);
  const wrong = Number.isFinite(loss) ? 'the gradient or the new weights are not finite' : 'the loss is not finite';
  throw notFinite(wrong, `loss ${loss}`, learningRate());
}
