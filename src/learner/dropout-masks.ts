import type * as tf from '@tensorflow/tfjs';
import { isSymbolic } from '../compiler/index.ts';
import { isTensorFlows } from './user-code.ts';

/** Fields of a cell that keep what is left out by dropout. */
export const dropoutMasks = ['dropoutMask', 'recurrentDropoutMask'] as const;

type Cell = { [name in (typeof dropoutMasks)[number]]?: tf.Tensor | tf.Tensor[] | null };

/** These begin every call by disposing of the masks of the call before; others keep theirs. */
const drawAnew = ['SimpleRNN', 'LSTM', 'GRU', 'ConvLSTM2D'];

/** The cells whose dropout masks last until the next call and no longer: those of TensorFlow.js's own layers. */
export function cellsThatDrawAnew(layers: readonly tf.layers.Layer[]): Set<object> {
  const own = layers.filter((layer) => drawAnew.includes(layer.getClassName()) && isTensorFlows(layer));
  return new Set(own.map((layer) => (layer as unknown as { cell: object }).cell));
}

/** Lets go of the masks that a call left, as the next one does. A trace would take others' tensors for its own. */
export function dropMasks(cells: Iterable<object>): void {
  for (const cell of cells as Iterable<Cell>) {
    for (const name of dropoutMasks) {
      for (const mask of [cell[name] ?? []].flat()) if (!isSymbolic(mask) && !mask.isDisposed) mask.dispose();
      cell[name] = null;
    }
  }
}
