import * as tf from '@tensorflow/tfjs';
import { fault } from '../errors.ts';
import { isNamed, isOfTensorFlow } from '../tensorflow-classes.ts';
import { keepMasks } from './dropout-masks.ts';
import type { Recorder } from './recorder.ts';
import { allVariables } from './take-over.ts';

interface Cell extends tf.layers.Layer {
  /** The cells of a stack. */
  readonly cells?: readonly Cell[];
}

/** Whether a cell runs code that is not TensorFlow.js's: what it computes may depend on how often it was called. */
function isOwn(cell: Cell): boolean {
  const parts = [cell, ...Object.values(cell).filter(isNamed)];
  return !parts.every((part) => isOfTensorFlow(part)) || (cell.cells ?? []).some(isOwn);
}

/**
 * Whether one call of a cell can stand for those of all steps in time. A program's own cell is called once for each step, on the same
 * input and state, as TensorFlow.js would call it: one that draws random numbers anew, or assigns variables, has to be unrolled.
 *
 * @param step a call of the cell, on free values.
 * @throws UnequalError if the cell changes from call to call in another way. Nobody knows what it counts.
 */
export function cellRepeats(
  recorder: Recorder,
  { name, cell }: { readonly name: string; readonly cell: Cell },
  steps: number,
  step: () => tf.Tensor[],
): boolean {
  if (!isOwn(cell)) return true;
  const variables = allVariables().map((variable) => ({ variable, dataId: variable.dataId }));
  const assigned = () => variables.some(({ variable, dataId }) => variable.dataId !== dataId);
  const call = () => tf.tidy(step).map((tensor) => recorder.emitter.full(recorder.symbol(tensor)));
  const masks = keepMasks(cell);
  const drawn = recorder.meanings.drawn();
  const first = call();
  const drawnOnce = recorder.meanings.drawn();
  for (let k = 1; k < steps && !assigned(); k++) {
    const again = call();
    if (assigned() || recorder.meanings.drawn() > drawnOnce) break;
    if (again.length === first.length && again.every((value, i) => value === first[i])) continue;
    throw fault({
      wrong: `the cell of the layer ${name} computes something else from one step in time to another`,
      got: 'other operations on the same input and state',
      expected: 'numbers that do not depend on how often it was called',
      mend: "keep what changes in the state, or use engine: 'eager': to find this out it was called more often than a step calls it",
    });
  }
  const repeats = !assigned() && recorder.meanings.drawn() === drawnOnce;
  masks();
  recorder.meanings.forgetDraws(drawn);
  for (const { variable, dataId } of variables) (variable as { dataId: object }).dataId = dataId;
  return repeats;
}
