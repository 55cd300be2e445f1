import * as tf from '@tensorflow/tfjs';
import type { NdArray } from '../data/samples.ts';
import { fault } from '../errors.ts';
import { withoutAssigning } from '../learner/assigning.ts';
import { toTensor } from '../learner/batch.ts';
import { nameIfUnreduced, oneForAll } from '../learner/loss.ts';
import type { CompiledModel } from '../learner/model.ts';
import { unknownName } from '../nearest.ts';
import { isPlain, shown } from '../options.ts';
import type { Name } from './inputs.ts';
import { warnOnce } from './warn-once.ts';

type ClassWeight = { readonly [classIndex: number]: number };

/**
 * The user's weights as the loss takes them: one array per output, sampleWeight × classWeight; `undefined` where there
 * are none.
 */
export class LossWeights {
  private readonly classWeights: readonly (ClassWeight | undefined)[] | undefined;
  /** Sizes of batches that the losses are known to tell the samples of. */
  private readonly told = new Set<number>();

  constructor(
    private readonly model: CompiledModel,
    classWeight: tf.ModelFitArgs['classWeight'],
  ) {
    // An empty list is none in model.fit too.
    if (classWeight === undefined || classWeight === null || (classWeight as unknown[]).length === 0) return;
    const { outputNames } = model;
    const named = new Map(Object.entries(classWeight));
    const byName = outputNames.some((name) => typeof named.get(name) === 'object');
    // As in model.fit, the places of a list of numbers are the classes.
    const isOne = !Array.isArray(classWeight) || classWeight.every((one) => typeof one === 'number');
    if (!isOne) {
      if (classWeight.length !== outputNames.length) {
        throw fault({
          wrong: 'wrong number of classWeights',
          got: classWeight.length,
          expected: `${outputNames.length}`,
        });
      }
      this.classWeights = classWeight.map((one: ClassWeight | null) => one ?? undefined);
    } else if (byName) {
      const unknown = [...named.keys()].find((name) => !outputNames.includes(name));
      if (unknown !== undefined) throw unknownName('output in classWeight', unknown, outputNames);
      this.classWeights = outputNames.map((name) => (named.get(name) as ClassWeight | null) ?? undefined);
    } else if (outputNames.length === 1) {
      this.classWeights = [classWeight as ClassWeight];
    } else {
      throw fault({
        wrong: 'one classWeight for several outputs',
        expected: `a list, or a dictionary with the names ${outputNames.join(', ')}`,
      });
    }
  }

  /**
   * For weights of samples, which multiply the loss of each: where a loss is one number, they would be lost in their mean.
   * Weights of classes are, as in model.fit.
   *
   * @param ys of a batch. The user's loss functions are tried on it once for each size.
   * @throws UnequalError if a loss does not keep its samples apart.
   */
  requireSampleLosses(ys: readonly NdArray[]): void {
    const [size] = ys[0].shape;
    if (this.told.has(size)) return;
    const { model } = this;
    const one = tf.tidy(() => withoutAssigning(() => oneForAll(model, ys.map(toTensor))));
    if (one !== undefined) {
      throw fault({
        wrong: `sampleWeight cannot be applied: ${one}`,
        expected: 'a loss that keeps the first axis of its arguments, so that each sample has its own',
        mend: "give its name, such as 'meanSquaredError', or the function of tf.losses itself; in a function of your own end with mean(-1) in place of mean(), or give tf.Reduction.NONE",
      });
    }
    this.told.add(size);
  }

  /** @throws UnequalError if a sample has more than one class, or its class has no weight. */
  of(ys: readonly NdArray[], sampleWeight: ArrayLike<number> | undefined): Float32Array[] | undefined {
    if (this.classWeights === undefined && sampleWeight === undefined) return undefined;
    // model.fit takes no weights of samples.
    if (sampleWeight === undefined) this.tellOfMeans();
    return ys.map((y, k) => {
      const byClass = this.classWeights?.[k];
      if (byClass !== undefined) requireOneClass(y);
      const weights = new Float32Array(y.shape[0]);
      for (let i = 0; i < weights.length; i++) {
        weights[i] = (sampleWeight?.[i] ?? 1) * (byClass === undefined ? 1 : weightOf(byClass, classOf(y, i)));
      }
      return weights;
    });
  }

  private tellOfMeans(): void {
    const { model, classWeights } = this;
    for (const k of model.outputNames.keys()) {
      const name = classWeights?.[k] && nameIfUnreduced(model, k);
      if (name === undefined) continue;
      const theirs = `model.fit multiplies their mean, all that tf.losses.${name} gives it, by the mean weight of a batch`;
      const mend = `for its numbers compile with loss: (y, p) => tf.losses.${name}(y, p)`;
      warnOnce(model, 'classWeight', `classWeight multiplies the loss of each sample; ${theirs}; ${mend}`);
    }
  }
}

/**
 * A user's sample weights on the host.
 * @param name what a sample is called in errors.
 * @throws UnequalError where they are not finite, no numbers, or too few. Negative ones are advantages, say, of actions.
 */
export function hostSampleWeight(
  weights: ArrayLike<number> | tf.Tensor | undefined,
  length: number,
  name: Name = (row) => row,
): Float32Array | undefined {
  if (weights === undefined || weights === null) return undefined;
  if (weights instanceof tf.Tensor && weights.isDisposed) {
    throw fault({ wrong: 'sampleWeight is a disposed tensor', mend: 'dispose of it after training' });
  }
  const given = weightCount(weights);
  if (given !== length) {
    throw fault({ wrong: 'sampleWeight has a wrong length', got: given, expected: `one for each of ${length}` });
  }
  const values = weights instanceof tf.Tensor ? weights.dataSync() : weights;
  for (let i = 0; i < length; i++) {
    // The number itself, so that neither '2' nor null is taken for one.
    const weight: unknown = values[i];
    if (Number.isFinite(weight)) continue;
    throw fault({
      wrong: `sampleWeight of sample ${name(i)}`,
      got: typeof weight === 'string' ? `'${weight}'` : (weight ?? String(weight)),
      expected: 'a finite number',
    });
  }
  return Float32Array.from(values);
}

/** How many weights there are. @throws UnequalError for what is no list of them. */
export function weightCount(weights: unknown): number {
  if (weights instanceof tf.Tensor) return weights.size;
  if (typeof weights === 'object' && weights !== null && !(weights instanceof Date)) {
    const { length } = weights as { length?: unknown };
    if (typeof length === 'number') return length;
  }
  const isText = typeof weights === 'string';
  throw fault({
    wrong: 'sampleWeight is no list of numbers',
    got: isText
      ? `'${weights}'`
      : isPlain(weights)
        ? `an object with the keys ${Object.keys(weights).join(', ')}`
        : weights,
    expected: 'one number for each sample, which counts in the loss of every output',
  });
}

/** As `model.fit` does. @throws UnequalError for sequences and maps, which have a class for each of their places. */
function requireOneClass({ shape }: NdArray): void {
  if (shape.length <= 2) return;
  throw fault({
    wrong: 'classWeight for targets with more than one class a sample',
    got: `targets of the shape [${shape.join(', ')}]`,
    expected: '[n], [n, 1] or [n, classes]',
    mend: 'leave out classWeight, and weigh the classes in a loss function of your own',
  });
}

/** The class of a row: the index itself, or where its one-hot row is largest. */
function classOf({ data, shape }: NdArray, row: number): number {
  const width = shape.slice(1).reduce((a, b) => a * b, 1);
  if (width === 1) return data[row];
  let best = 0;
  for (let c = 1; c < width; c++) if (data[row * width + c] > data[row * width + best]) best = c;
  return best;
}

function weightOf(weights: ClassWeight, index: number): number {
  const weight = weights[index];
  if (weight === undefined) {
    throw fault({
      wrong: `classWeight has no weight for the class ${index}`,
      got: `weights for ${Object.keys(weights).join(', ')}`,
      expected: 'one for every class in the data',
    });
  }
  if (!Number.isFinite(weight)) {
    throw fault({ wrong: `classWeight of the class ${index}`, got: shown(weight), expected: 'a finite number' });
  }
  return weight;
}
