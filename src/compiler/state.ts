/**
 * The variables' values while compiled functions own them.
 *
 * Every variable has one cell, whichever compiled functions use it. A step leaves its results in the cells; they are
 * written back to the variables by `writeBack`. A variable that was assigned in TensorFlow.js in the meantime (its data
 * id changed) is read again, and its new value wins.
 */
import * as tf from '@tensorflow/tfjs';
import type { Tensor } from 'onnxruntime-node';
import { fault } from '../errors.ts';
import { asData, dtypeOf } from './dtype.ts';
import type { Runtime } from './runtime.ts';

interface Cell {
  tensor: Tensor;
  /** The data id of the variable when the two were last equal. */
  dataId: object;
  /** Whether the cell is newer than the variable. */
  ahead: boolean;
}

const cells = new WeakMap<tf.Variable, Cell>();

/** The present value of a variable, as an input of a session. */
export function currentValue(variable: tf.Variable, runtime: Runtime): Tensor {
  if (variable.isDisposed) {
    throw fault({ wrong: 'a compiled function uses a disposed variable', got: `${variable.name} [${variable.shape}]` });
  }
  let cell = cells.get(variable);
  if (!cell || cell.dataId !== variable.dataId) {
    // A copy: the backend may hand out its own memory.
    const dtype = dtypeOf(variable.dtype, `the variable ${variable.name}`);
    const data = asData(dtype, variable.dataSync()).slice() as Float32Array;
    const tensor = new runtime.Tensor(dtype as 'float32', data, variable.shape);
    cell = { tensor, dataId: variable.dataId, ahead: false };
    cells.set(variable, cell);
  }
  return cell.tensor;
}

/** Stores what a step left in a variable. */
export function setValue(variable: tf.Variable, tensor: Tensor): void {
  const cell = cells.get(variable);
  if (cell) {
    cell.tensor = tensor;
    cell.ahead = true;
  } else {
    cells.set(variable, { tensor, dataId: variable.dataId, ahead: true });
  }
}

/** Writes the cells that are ahead back to their variables. */
export function writeBack(variables: Iterable<tf.Variable>): void {
  for (const variable of variables) {
    const cell = cells.get(variable);
    if (!cell?.ahead || variable.isDisposed) continue;
    if (cell.dataId === variable.dataId) {
      tf.tidy(() => {
        const data = (cell.tensor.data as Float32Array).slice();
        variable.assign(tf.tensor(data, variable.shape, variable.dtype));
      });
      cell.dataId = variable.dataId;
    }
    cell.ahead = false;
  }
}
