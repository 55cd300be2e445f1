import * as tf from '@tensorflow/tfjs';
import { fault } from '../errors.ts';
import { checkedOptions, positive } from '../options.ts';
import { extended } from './extended.ts';

/** How gradients are clipped; one of them. The names are those of Keras. */
export type Clipping =
  /** Each number is kept within ± this. */
  | { readonly clipValue: number }
  /** The gradient of each variable is shortened to this norm. */
  | { readonly clipNorm: number }
  /** All gradients together are shortened to this norm (Pascanu et al., 2013). */
  | { readonly globalClipNorm: number };

/**
 * The same optimizer, which clips gradients before it uses them: `clipped(tf.train.adam(), { globalClipNorm: 1 })`.
 * @throws UnequalError for anything but one positive number.
 *
 * @example
 * ```ts
 * model.compile({ optimizer: clipped(tf.train.adam(), { globalClipNorm: 1 }), loss: 'meanSquaredError' });
 * ```
 */
export function clipped<O extends tf.Optimizer>(optimizer: O, clipping: Clipping): O {
  const given = checkedOptions<{ readonly [kind: string]: number }>('clipped', clipping, {
    clipValue: positive,
    clipNorm: positive,
    globalClipNorm: positive,
  });
  const [[kind, limit] = ['nothing', 0], ...more] = Object.entries(given);
  if (more.length > 0 || kind === 'nothing') {
    const got = Object.keys(given).join(', ') || 'nothing';
    throw fault({ wrong: 'bad clipping', got, expected: 'one of clipValue, clipNorm, globalClipNorm' });
  }
  const most = () => tf.scalar(limit);
  // Shortened and not lengthened; of nothing, nothing is left.
  const factor = (norm: tf.Tensor) => tf.div(most(), tf.maximum(norm, most()));
  const squares = (tensor: tf.Tensor) => tf.sum(tf.square(tensor));
  return extended(
    optimizer,
    { name: 'clipped', options: { [kind]: limit } },
    (apply) => (gradients) =>
      tf.tidy(() => {
        const there = gradients.flatMap(({ tensor }) => tensor ?? []);
        const global =
          kind === 'globalClipNorm' && there.length > 0 ? factor(tf.sqrt(tf.addN(there.map(squares)))) : undefined;
        apply(
          gradients.map(({ name, tensor }) => {
            if (!tensor) return { name, tensor };
            if (kind === 'clipValue') return { name, tensor: tf.minimum(tf.maximum(tensor, tf.neg(most())), most()) };
            return { name, tensor: tf.mul(tensor, global ?? factor(tf.sqrt(squares(tensor)))) };
          }),
        );
      }),
  );
}
