/** Two models that share a trunk, and what a program holds beside them. */
import * as tf from '@tensorflow/tfjs';
import { optimizers } from '../compiler/optimizer-cases.ts';
import { type Nudge, nudged } from './nudge.ts';
import { noise, settle, type Trainer } from './program.ts';

/** What a course begins with. */
export interface Beginning {
  readonly trunk: keyof typeof trunks;
  readonly optimizer: string;
  readonly oneOptimizer: boolean;
  readonly seed: number;
}

/** One of the models, and what a program holds beside it. */
export interface Held {
  model: tf.LayersModel;
  optimizer: tf.Optimizer;
  loss: Loss;
  readonly inputShape: readonly number[];
}

export type Loss = string | ((truth: tf.Tensor, answer: tf.Tensor) => tf.Tensor);

const l = tf.layers;

export const trunks = {
  dense: { shape: [4], make: () => [l.dense({ units: 5, activation: 'tanh' })] },
  // A bias before it has no gradient but rounding errors.
  'batch normalisation': {
    shape: [4],
    make: () => [l.dense({ units: 4, useBias: false }), l.batchNormalization()],
  },
  convolution: {
    shape: [5, 5, 2],
    make: () => [l.conv2d({ filters: 3, kernelSize: 3, activation: 'relu' }), l.flatten()],
  },
  lstm: { shape: [4, 3], make: () => [l.lstm({ units: 3 })] },
  embedding: { shape: [3], make: () => [l.embedding({ inputDim: 6, outputDim: 3 }), l.flatten()] },
  'embedding with a mask': {
    shape: [5],
    make: () => [l.embedding({ inputDim: 6, outputDim: 3, maskZero: true }), l.gru({ units: 3 })],
  },
} as const;

/** What a loss of the program's own reads. */
interface Captured {
  readonly factor: tf.Variable;
  number: number;
}

export class Stage {
  readonly captured: Captured = { factor: tf.variable(tf.scalar(1), false), number: 1 };
  readonly held: readonly [Held, Held];

  constructor(
    readonly by: Trainer,
    private readonly course: Beginning,
    nudge?: Nudge,
  ) {
    const { shape, make } = trunks[course.trunk];
    const x = tf.input({ shape: [...shape] });
    let h: tf.SymbolicTensor = x;
    for (const layer of make()) h = layer.apply(h) as tf.SymbolicTensor;
    const first = optimizers[course.optimizer]();
    this.held = [1, 2].map((k) => {
      const outputs = l.dense({ units: 2 }).apply(h) as tf.SymbolicTensor;
      const model = settle(tf.model({ inputs: x, outputs }), course.seed + k);
      if (nudge) nudged(model, nudge);
      const optimizer = k === 1 || course.oneOptimizer ? first : optimizers[course.optimizer]();
      const held: Held = { model, optimizer, loss: 'meanSquaredError', inputShape: shape };
      this.compile(held);
      return held;
    }) as unknown as [Held, Held];
  }

  compile({ model, optimizer, loss }: Held): void {
    model.compile({ optimizer, loss: loss as string, metrics: ['mae'] });
  }

  /** Inputs and answers of `n` samples. */
  data({ inputShape }: Held, n: number): [tf.Tensor, tf.Tensor] {
    const { seed, trunk } = this.course;
    const shape = [n, ...inputShape];
    const x = trunk.startsWith('embedding')
      ? tf.tidy(() => tf.floor(noise(shape, seed, 2)).clipByValue(0, 5))
      : noise(shape, seed);
    return [x, noise([n, 2], seed + 1)];
  }
}
