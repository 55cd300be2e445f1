import * as tf from '@tensorflow/tfjs';

const names = ['dropoutMask', 'recurrentDropoutMask'] as const;

type Mask = tf.Tensor | tf.Tensor[] | null;

/** A recurrent cell keeps the masks of a call up to the next. */
interface Cell extends tf.layers.Layer {
  dropoutMask?: Mask;
  recurrentDropoutMask?: Mask;
  /** The cells of a stack. */
  readonly cells?: readonly Cell[];
}

/** Remembers the dropout masks that a cell has, and those in its stack. Returns the way back to them. */
export function keepMasks(cell: Cell): () => void {
  const before = names.map((name) => cell[name]);
  const inner = (cell.cells ?? []).map(keepMasks);
  return () => {
    for (const [i, name] of names.entries()) {
      if (cell[name] === before[i]) continue;
      if (cell[name]) tf.dispose(cell[name]);
      cell[name] = before[i];
    }
    for (const back of inner) back();
  };
}
