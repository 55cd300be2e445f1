import type * as tf from '@tensorflow/tfjs';
import { greatest } from '../extent.ts';
import { withoutAssigning } from './assigning.ts';
import { withoutDisposing } from './disposing.ts';
import { Fields } from './fields.ts';
import { dependsOnOthers, rowsOf, type Seen } from './kept-rows.ts';
import { hasOwnLoss, seenOfLoss } from './loss.ts';
import { type CompiledModel, weightsIn } from './model.ts';
import { withSeed } from './seeded.ts';
import { allLayers, isOwnLayer } from './user-code.ts';

/** Rows that are enough for pairs, and sets of four or eight. */
const few = [2, 4, 8, 16];
/** Products of a pass with more than two rows, at most: TensorFlow.js takes some hundredths of a second for these. */
const most = 2e7;
/** And where as few rows are not enough: a second. */
const longest = 4e8;
/** Calls of a layer in a pass that are looked at: a cell is called at every moment. */
const longestLoop = 8;

const depends = 'depends on the others of its batch';

export interface Looked {
  /** A forward pass. */
  readonly forward: (xs: tf.Tensor[], training: boolean) => tf.Tensor[];
  readonly xs: readonly tf.Tensor[];
  /** Targets; without them the losses are not looked at. */
  readonly ys?: readonly tf.Tensor[];
  /** Whether what is trained on is arranged for a loss that looks at other rows. */
  readonly grouped?: boolean;
  /** Whether what layers do only in training is let pass. */
  readonly onlyPredicting?: boolean;
}

/**
 * What of a model with layers of the user's gives for a sample what depends on the others of its batch, in words; `undefined` if nothing
 * does. The whole model is called on rows of a batch, some of which are exchanged for others, and so are the losses that are
 * functions: they may read what a layer has left in a field. The layers are looked at in training, too, one by one. Batch normalisation of
 * TensorFlow.js is as in predictions there: it is known to look at other rows, and would hide who else does. All is as it was afterwards.
 */
export function mixingPart(
  model: CompiledModel,
  { forward, xs, ys, grouped, onlyPredicting }: Looked,
): string | undefined {
  const own = allLayers(model, (layer) => !isOwnLayer(layer)).filter(isOwnLayer);
  if (own.length === 0) return undefined;
  const look = (rows: readonly number[], training: boolean): Seen[] => {
    const seen: Seen[] = [];
    const built = allLayers(model).filter((layer) => layer.built);
    const normalisations = built.filter(isBatchNormalisation);
    const fields = new Fields(() => built.map((layer) => [layer.name, layer, {}] as const));
    try {
      withoutDisposing(() => {
        const given = xs.map((input) => rowsOf(input, rows));
        const pass = () => withCalls(normalisations, asPredicting, () => forward(given, training));
        const outputs = withSeed(1, () => withCalls(own, watching(rows.length, seen), pass));
        for (const [k, output] of training ? [] : outputs.entries()) {
          seen.push({ of: `what the model gives for a sample ${depends}`, values: output.dataSync() });
          if (ys === undefined || !hasOwnLoss(model, k)) continue;
          const loss = seenOfLoss(model, k, rowsOf(ys[k], rows), output);
          if (!grouped || loss.values === undefined) seen.push(loss);
        }
        // A term of the weights alone is the same whatever the rows are.
        for (const term of model.calculateLosses()) {
          const values = new Float32Array(rows.length).fill(term.dataSync()[0]);
          seen.push({ of: 'what a layer adds to the loss is of the whole batch', values });
        }
      });
    } finally {
      fields.restore();
    }
    return seen;
  };
  for (const rows of sizesOf(model, xs)) {
    const [size] = xs[0].shape;
    const spread = Array.from({ length: rows }, (_, k) => Math.floor((k * size) / rows));
    const mixing = (training: boolean) => {
      const lookAt = (some: readonly number[]) => {
        const chosen = some.map((k) => spread[k]);
        return look(chosen, training);
      };
      return withoutAssigning(() => dependsOnOthers(lookAt, rows));
    };
    try {
      // Whether a layer asks for training its source does not tell: another that it holds may, or a method.
      return mixing(false) ?? (onlyPredicting ? undefined : mixing(true));
    } catch {
      // It wants a whole batch, or what is wrong with it shows when it is used.
    }
  }
  return undefined;
}

type Call = tf.layers.Layer['call'];

const isBatchNormalisation = (layer: tf.layers.Layer): boolean =>
  layer.getClassName() === 'BatchNormalization' && !isOwnLayer(layer);

const asPredicting =
  (call: Call): Call =>
  (inputs, kwargs) =>
    call(inputs, { ...kwargs, training: false });

/** Adds to `seen` what a layer gives for so many rows. */
function watching(rows: number, seen: Seen[]): (call: Call, layer: tf.layers.Layer) => Call {
  return (call, layer) => {
    let calls = 0;
    return (inputs, kwargs) => {
      const output = call(inputs, kwargs);
      if (++calls > longestLoop) return output;
      const of = `what the layer ${layer.name} gives for a sample ${depends}`;
      const ofRows = (given: tf.Tensor | tf.Tensor[]) => [given].flat().filter(({ shape }) => shape[0] === rows);
      const from = ofRows(inputs).map((one) => one.dataSync());
      for (const one of ofRows(output)) seen.push({ of, values: one.dataSync(), from });
      return output;
    };
  };
}

/** Runs a pass in which layers are called otherwise. */
function withCalls<T>(
  layers: readonly tf.layers.Layer[],
  otherwise: (call: Call, layer: tf.layers.Layer) => Call,
  pass: () => T,
): T {
  const before = layers.map((layer) => Object.getOwnPropertyDescriptor(layer, 'call'));
  for (const layer of layers) layer.call = otherwise(layer.call.bind(layer), layer);
  try {
    return pass();
  } finally {
    for (const [k, layer] of layers.entries()) {
      delete (layer as Partial<tf.layers.Layer>).call;
      if (before[k] !== undefined) Object.defineProperty(layer, 'call', before[k]);
    }
  }
}

/** How many rows are looked at: all where that is quick. Where these are not enough, more are. */
function sizesOf(model: CompiledModel, xs: readonly tf.Tensor[]): number[] {
  const [size] = xs[0].shape;
  const products = productsOf(model, xs);
  const sizes = [...few.filter((rows) => rows < size), size];
  const first = sizes.findLast((rows) => rows * products <= most) ?? sizes[0];
  return [first, ...sizes.filter((rows) => rows > first && rows * products <= longest)];
}

/** Of a row, as if every weight met every place of it. */
function productsOf(model: CompiledModel, xs: readonly tf.Tensor[]): number {
  const open = greatest(xs.flatMap(({ shape }) => [1, ...shape.slice(1, -1)]));
  const { layers } = model as unknown as tf.LayersModel;
  return layers.reduce((sum, layer) => {
    const [node] = layer.inboundNodes as unknown as { readonly inputTensors: readonly tf.SymbolicTensor[] }[];
    const shapes = (node?.inputTensors ?? []).map(({ shape }) => shape.map((d) => d ?? open));
    const places = greatest(shapes.map((shape) => shape.slice(1, -1).reduce((all, d) => all * d, 1)));
    // A row of a table is looked up.
    const isTable = layer.getClassName() === 'Embedding';
    const weights = isTable ? 0 : weightsIn(layer).reduce((all, weight) => all + weight.read().size, 0);
    return sum + places * Math.max(weights, greatest(shapes.map((shape) => shape.at(-1) ?? 1)));
  }, 0);
}
