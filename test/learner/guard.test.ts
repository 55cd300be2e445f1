/** What JavaScript computes in a model may change between steps: `fit` does what `model.fit` does all the same. */
import * as tf from '@tensorflow/tfjs';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { fit } from '../../src/fit/fit.ts';
import { compiledModel } from '../../src/learner/model.ts';
import { readOwnCode } from '../../src/learner/own-code/own-code.ts';
import { userCode } from '../../src/learner/user-code.ts';
import { uniform } from '../../src/methods/uniform.ts';
import { withoutClosures } from './own-code/without-closures.ts';

beforeAll(() => tf.setBackend('cpu'));

const warn = vi.spyOn(console, 'warn');
beforeEach(() => void warn.mockReset().mockImplementation(() => {}));
afterEach(() => void warn.mockReset());

const x = tf.randomNormal([96, 4], 0, 1, 'float32', 1);
const y = x.slice([0, 0], [96, 1]).mul(2).add(1);

type Loss = (y: tf.Tensor, p: tf.Tensor) => tf.Tensor;
const squares: Loss = (t, p) => tf.mean(tf.square(tf.sub(t, p)), -1);

interface Parts {
  layers?: tf.layers.Layer[];
  optimizer?: tf.Optimizer;
  loss?: Loss | string;
}

function network({ layers = [], optimizer = tf.train.sgd(0.02), loss = 'meanSquaredError' }: Parts): tf.LayersModel {
  const dense = (units: number, seed: number, inputShape?: number[]) =>
    tf.layers.dense({ units, inputShape, kernelInitializer: tf.initializers.glorotUniform({ seed }) });
  const model = tf.sequential({ layers: [dense(4, 1, [4]), ...layers, dense(1, 2)] });
  model.compile({ optimizer, loss: loss as never });
  return model;
}

let classes = 0;

/** A layer that computes something of its own, with fields of its own. */
function ownLayer<T extends object>(fields: T, call: (this: T, x: tf.Tensor) => tf.Tensor): tf.layers.Layer & T {
  const className = `Own${classes++}`;
  class Own extends tf.layers.Layer {
    static className = className;
    override computeOutputShape(shape: tf.Shape): tf.Shape {
      return shape;
    }
    override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
      return tf.tidy(() => call.call(this as unknown as T, Array.isArray(inputs) ? inputs[0] : inputs));
    }
  }
  return Object.assign(new Own({}), fields) as unknown as tf.layers.Layer & T;
}

/** Over after so many calls as no trace makes. */
const warmUp = () =>
  ownLayer({ calls: 0 }, function (input) {
    return input.mul(this.calls++ < 12 ? 1 : 0.5);
  });

const block = (parts: tf.layers.Layer[]) =>
  ownLayer({ parts }, function (input) {
    return this.parts.reduce((value, part) => part.apply(value) as tf.Tensor, input);
  });

function ownOptimizer(fields: object, before: (self: Record<string, number> & tf.SGDOptimizer) => void): tf.Optimizer {
  class Own extends tf.SGDOptimizer {
    static override get className(): string {
      return 'OwnSgd';
    }
    override getClassName(): string {
      return 'OwnSgd';
    }
    override applyGradients(gradients: Parameters<tf.SGDOptimizer['applyGradients']>[0]): void {
      before(this as never);
      super.applyGradients(gradients);
    }
  }
  return Object.assign(new Own(0.02), fields);
}

type Program = () => [tf.LayersModel, tf.CustomCallbackArgs?];

/** Programs by what changes in them, and whether that is trained eagerly with a warning. */
const programs: Record<string, [Program, eagerly?: boolean]> = {
  'nothing, with code of the user’s': [() => [network({ loss: squares }), { onBatchEnd: async () => {} }]],
  'a number in the loss, every epoch': [
    () => {
      let w = 0.1;
      const loss: Loss = (t, p) => tf.mul(w, squares(t, p));
      return [
        network({ loss }),
        {
          onEpochEnd: async () => {
            w *= 3;
          },
        },
      ];
    },
    true,
  ],
  'a number in the loss, once': [
    () => {
      let w = 0.1;
      const loss: Loss = (t, p) => tf.mul(w, squares(t, p));
      return [
        network({ loss }),
        {
          onEpochEnd: async (epoch) => {
            w = epoch >= 2 ? 1 : 0.1;
          },
        },
      ];
    },
  ],
  'a number in the loss, in the middle of an epoch': [
    () => {
      let [w, n] = [0.1, 0];
      const loss: Loss = (t, p) => tf.mul(w, squares(t, p));
      return [
        network({ loss }),
        {
          onBatchEnd: async () => {
            if (++n === 11) w = 1;
          },
        },
      ];
    },
  ],
  'a count in a closure, which tells after twenty calls': [
    () => {
      let n = 0;
      return [network({ loss: (t, p) => tf.mul(n++ < 20 ? 1 : 0.1, squares(t, p)) })];
    },
    true,
  ],
  'every other call': [
    () => {
      let n = 0;
      return [network({ loss: (t, p) => tf.mul(n++ % 2, squares(t, p)) })];
    },
    true,
  ],
  'a private count in a layer': [
    () => {
      class Fading extends tf.layers.Layer {
        static className = 'Fading';
        #calls = 0;
        override computeOutputShape(shape: tf.Shape): tf.Shape {
          return shape;
        }
        override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
          return tf.mul(Array.isArray(inputs) ? inputs[0] : inputs, ++this.#calls > 20 ? 0.5 : 1);
        }
      }
      return [network({ layers: [new Fading({})] })];
    },
    true,
  ],
  'a tensor in a closure': [
    () => {
      let last: tf.Tensor | undefined;
      const loss: Loss = (t, p) => {
        const now = squares(t, p);
        const out = last === undefined ? now : now.add(last);
        last?.dispose();
        last = tf.keep(now.mean());
        return out;
      };
      return [network({ loss })];
    },
    true,
  ],
  'a generator': [
    () => {
      const numbers = (function* () {
        for (let n = 1; ; n++) yield 1 / n;
      })();
      return [network({ loss: (t, p) => tf.mul(numbers.next().value as number, squares(t, p)) })];
    },
    true,
  ],
  'an optimizer that skips every fourth step': [
    () => {
      let n = 0;
      class Skipping extends tf.SGDOptimizer {
        static override get className(): string {
          return 'Skipping';
        }
        override applyGradients(gradients: Parameters<tf.SGDOptimizer['applyGradients']>[0]): void {
          if (n++ % 4 !== 3) super.applyGradients(gradients);
        }
      }
      return [network({ optimizer: new Skipping(0.02) })];
    },
    true,
  ],
  // The loss is the same as before: only its gradient is another.
  'a gradient written by hand, once': [
    () => {
      let w = 1;
      const scaled = tf.customGrad((z) => ({
        value: tf.mul(z as tf.Tensor, 1),
        gradFunc: (dy: tf.Tensor) => [tf.mul(dy, w)],
      }));
      const loss: Loss = (t, p) => squares(t, scaled(p));
      return [
        network({ loss }),
        {
          onEpochEnd: async (epoch) => {
            w = epoch >= 2 ? 3 : 1;
          },
        },
      ];
    },
  ],
  'a penalty on weights, once': [
    () => {
      let w = 0.01;
      const kernelRegularizer = tf.regularizers.l2();
      kernelRegularizer.apply = (v) => tf.mul<tf.Scalar>(w, tf.sum(tf.square(v)));
      return [
        network({ layers: [tf.layers.dense({ units: 4, kernelInitializer: 'ones', kernelRegularizer })] }),
        {
          onEpochEnd: async (epoch) => {
            w = epoch >= 2 ? 0.5 : 0.01;
          },
        },
      ];
    },
  ],
  'a tensor in the loss': [
    () => {
      let w = tf.scalar(0.1);
      const loss: Loss = (t, p) => tf.mul(w, squares(t, p));
      return [
        network({ loss }),
        {
          onEpochEnd: async (epoch) => {
            if (epoch === 1) w = tf.scalar(2);
          },
        },
      ];
    },
  ],
  'a branch of a layer': [
    () => {
      const layer = ownLayer({ on: false }, function (input) {
        return this.on ? input.tanh() : input;
      });
      return [
        network({ layers: [layer] }),
        {
          onEpochBegin: async (epoch) => {
            layer.on = epoch % 2 === 1;
          },
        },
      ];
    },
  ],
  'a number in an object in a field': [
    () => {
      const layer = ownLayer({ box: { v: 1 } }, function (input) {
        return input.mul(this.box.v);
      });
      return [
        network({ layers: [layer] }),
        {
          onEpochEnd: async (epoch) => {
            layer.box.v = epoch < 2 ? 1 : 0.5;
          },
        },
      ];
    },
  ],
  'the negative slope of a layer of TensorFlow.js': [
    () => {
      const layer = tf.layers.leakyReLU({ alpha: 0.3 });
      return [
        network({ layers: [layer] }),
        {
          onEpochEnd: async () => {
            (layer as unknown as { alpha: number }).alpha = 0.9;
          },
        },
      ];
    },
  ],
  'which layers are trained': [
    () => {
      const model = network({});
      return [
        model,
        {
          onEpochEnd: async (epoch) => {
            model.layers[0].trainable = epoch % 2 === 1;
          },
        },
      ];
    },
  ],
  'a hyperparameter of an optimizer': [
    () => {
      const optimizer = tf.train.adam(0.02);
      return [
        network({ optimizer }),
        {
          onEpochEnd: async () => {
            (optimizer as unknown as { beta1: number }).beta1 = 0.5;
          },
        },
      ];
    },
  ],
  'the learning rate, as a property and by its method': [
    () => {
      const optimizer = tf.train.adam(0.02) as tf.AdamOptimizer & { learningRate: number };
      return [
        network({ optimizer }),
        {
          onBatchEnd: async () => {
            optimizer.learningRate *= 0.97;
          },
        },
      ];
    },
  ],
  'what an optimizer computes from its learning rate': [
    () => [
      network({
        optimizer: ownOptimizer({ decay: 0.5 }, (self) => {
          const factor = 1 - (self as unknown as { learningRate: number }).learningRate * self.decay;
          for (const v of Object.values(tf.engine().registeredVariables).slice(-2))
            v.assign(tf.tidy(() => v.mul(factor)));
        }),
      }),
    ],
  ],
  'a count in an optimizer': [
    () => [
      network({
        optimizer: ownOptimizer({ t: 0 }, (self) => {
          self.t++;
          self.setLearningRate(0.05 * Math.min(1, self.t / 30));
        }),
      }),
    ],
    true,
  ],
  'a count in a layer': [
    () => [
      network({
        layers: [
          ownLayer({ calls: 0 }, function (input) {
            return input.mul(1 / ++this.calls);
          }),
        ],
      }),
    ],
    true,
  ],
  'a count in a layer of a list in a layer': [() => [network({ layers: [block([warmUp()])] })], true],
  'a count in a layer of a map in a layer in a layer': [
    () => {
      const within = ownLayer({ parts: new Map([['warm', warmUp()]]) }, function (input) {
        return this.parts.get('warm')!.apply(input) as tf.Tensor;
      });
      return [network({ layers: [block([within])] })];
    },
    true,
  ],
  'a count in a model in a layer': [
    () => {
      const dense = tf.layers.dense({ units: 4, inputShape: [4], kernelInitializer: 'ones' });
      return [network({ layers: [block([tf.sequential({ layers: [dense, warmUp()] })])] })];
    },
    true,
  ],
  'nothing, with layers in a layer that are built when they are called': [
    () => {
      const dense = tf.layers.dense({ units: 4, kernelInitializer: 'ones' });
      return [network({ layers: [block([dense, tf.layers.layerNormalization(), block([tf.layers.reLU()])])] })];
    },
  ],
  'what a layer keeps of the last batch': [
    () => [
      network({
        layers: [
          ownLayer({ last: undefined as tf.Tensor | undefined }, function (input) {
            const mean = this.last === undefined ? input.mean() : input.mean().add(this.last).div(2);
            this.last?.dispose();
            this.last = tf.keep(mean.clone());
            return input.sub(mean);
          }),
        ],
      }),
    ],
    true,
  ],
  'a mask made at the first call': [
    () => [
      network({
        layers: [
          ownLayer({ mask: undefined as tf.Tensor | undefined }, function (input) {
            this.mask ??= tf.keep(tf.range(0, 4).mul(0.3).cos());
            return input.mul(this.mask);
          }),
        ],
      }),
    ],
  ],
  'the slots of an optimizer': [
    () => {
      const optimizer = tf.train.momentum(0.02, 0.9);
      const clear = async (epoch: number) => {
        if (epoch !== 2) return;
        const slots = await optimizer.getWeights();
        await optimizer.setWeights(
          slots.map(({ name, tensor }, k) => ({ name, tensor: k === 0 ? tensor : tf.zerosLike(tensor) })),
        );
      };
      return [network({ optimizer }), { onEpochEnd: clear }];
    },
  ],
  'the gradients that an optimizer keeps in a map': [
    () => {
      class Keeping extends tf.SGDOptimizer {
        readonly kept = new Map<string, tf.Tensor>();
        static override get className(): string {
          return 'KeepingSgd';
        }
        override applyGradients(gradients: Parameters<tf.SGDOptimizer['applyGradients']>[0]): void {
          const list = gradients as unknown as { name: string; tensor: tf.Tensor }[];
          const both = list.map(({ name, tensor }) => {
            const last = this.kept.get(name);
            const sum = last === undefined ? tensor.clone() : tensor.add(last.mul(0.5));
            last?.dispose();
            this.kept.set(name, tf.keep(tensor.clone()));
            return { name, tensor: sum as tf.Variable };
          });
          super.applyGradients(both as never);
        }
      }
      return [network({ optimizer: new Keeping(0.02) })];
    },
    true,
  ],
  'the optimizer itself': [
    () => {
      const input = tf.input({ shape: [4] });
      const kernelInitializer = tf.initializers.glorotUniform({ seed: 1 });
      const model = tf.model({
        inputs: input,
        outputs: tf.layers.dense({ units: 1, kernelInitializer }).apply(input) as tf.SymbolicTensor,
      });
      const compile = (optimizer: tf.Optimizer): void => model.compile({ optimizer, loss: 'meanSquaredError' });
      compile(tf.train.sgd(0.02));
      return [
        model,
        {
          onEpochEnd: async (epoch) => {
            if (epoch === 1) compile(tf.train.adam(0.01));
          },
        },
      ];
    },
    true,
  ],
};

describe('what changes between steps', () => {
  it.each(Object.entries(programs))('%s', async (_, [program, eagerly = false]) => {
    const train = async (run: (model: tf.LayersModel, args: tf.ModelFitArgs) => Promise<tf.History>) => {
      const [model, callbacks] = program();
      const args = { batchSize: 16, epochs: 6, shuffle: false, verbose: 0 as const, callbacks };
      const { history } = await run(model, args);
      return [...history.loss, ...model.getWeights().flatMap((w) => Array.from(w.dataSync()))] as number[];
    };
    const expected = await train((model, args) => model.fit(x, y, args));
    warn.mockClear();
    const got = await train((model, args) => fit(model, x, y, { ...(args as object), method: uniform() }));
    expect(got.length).toBe(expected.length);
    for (const [i, value] of got.entries()) {
      expect(Math.abs(value - expected[i]), `${i}: ${value} for ${expected[i]}`).toBeLessThan(
        1e-4 * (1 + Math.abs(expected[i])),
      );
    }
    const told = warn.mock.calls.map(([text]) => String(text)).filter((text) => text.startsWith('unequal:'));
    expect(told.length, told.join('\n')).toBe(eagerly ? 1 : 0);
  });
});

it('code of the user’s is looked at in a forward pass, not in a whole step', async () => {
  const model = network({ loss: squares });
  let called = 0;
  const differentiated = vi.spyOn(tf.engine(), 'gradients');
  const callbacks = { onBatchEnd: async () => void called++ };
  await fit(model, x, y, { batchSize: 16, epochs: 20, verbose: 0, method: uniform(), callbacks });
  expect(called).toBe(120);
  // The first trace and two that probe it, and one more where the first look has nothing to compare with; scores are a gradient too.
  expect(differentiated.mock.calls.length).toBeGreaterThan(0);
  expect(differentiated.mock.calls.length).toBeLessThanOrEqual(8);
  differentiated.mockRestore();
});

it('a model within that has been trained and evaluated is no code of the user’s', async () => {
  const inner = network({});
  await inner.fit(x, y, { epochs: 1, validationSplit: 0.5, verbose: 0 });
  const outer = tf.sequential({ layers: [inner] });
  outer.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
  expect(userCode(compiledModel(outer))).toBeUndefined();
  outer.compile({ optimizer: 'sgd', loss: squares });
  expect(userCode(compiledModel(outer))).toBe('the loss');
  expect(readOwnCode(compiledModel(outer))).toEqual({});
});

describe('what a function of the loss keeps', () => {
  const args = { batchSize: 16, epochs: 2, shuffle: false, verbose: 0 as const };
  const counting = (): Loss => {
    let calls = 0;
    // Nothing in the loss says what this does.
    const count = () => calls++;
    return (t, p) => tf.mul(1 / (1 + 0.1 * count()), squares(t, p));
  };

  describe('where nobody sees what it calls', () => {
    withoutClosures();

    it('is refused before the first step where it changes at every call and is to be compiled', async () => {
      const model = network({ loss: counting() });
      const before = model.getWeights().map((w) => Array.from(w.dataSync()));
      const compiled = fit(model, x, y, { ...args, engine: 'compiled', method: uniform() });
      await expect(compiled).rejects.toThrow(/something else at every call.*engine: 'eager'/);
      expect(model.getWeights().map((w) => Array.from(w.dataSync()))).toEqual(before);
      const expected = (await network({ loss: counting() }).fit(x, y, args)).history.loss as number[];
      const eager = await fit(network({ loss: counting() }), x, y, { ...args, engine: 'eager', method: uniform() });
      for (const [i, loss] of (eager.history.loss as number[]).entries()) expect(loss).toBeCloseTo(expected[i], 4);
    });

    it('is told when it changes, where nothing else has run', async () => {
      let calls = 0;
      const factor = (_: tf.Tensor) => (++calls > 18 ? 0 : 2);
      const loss: Loss = (t, p) => tf.mul(factor(t), squares(t, p));
      const { history } = await fit(network({ loss }), x, y, { ...args, epochs: 5, method: uniform() });
      expect(history.loss.at(-1)).toBe(0);
      expect(warn.mock.calls.map(([text]) => text)).toEqual([
        expect.stringMatching(
          /^unequal: training eagerly.*changes by itself.*in the loss the number 2 is 0 now.*more often/,
        ),
      ]);
    });
  });

  it.each(['onTrainBegin', 'onEpochBegin'] as const)('is told where %s exchanges the function', async (when) => {
    let calls = 0;
    let helper = (of: tf.Tensor) => of;
    const counted = (of: tf.Tensor) => tf.mul(of, calls++ < 12 ? 1 : 0.1);
    const exchange = async () => {
      helper = counted;
    };
    const model = network({ loss: (t, p) => helper(squares(t, p)) });
    const callbacks = { [when]: exchange };
    await fit(model, x, y, { ...args, batchSize: 4, epochs: 1, method: uniform(), callbacks });
    expect(warn.mock.calls.flat()).toEqual([expect.stringMatching(/eagerly.*changes by itself from step to step/)]);
  });

  it('is no fault where a callback changes it', async () => {
    let factor = 1;
    const loss: Loss = (t, p) => tf.mul(get(t), squares(t, p));
    const get = (_: tf.Tensor) => factor;
    const callbacks = {
      onBatchEnd: async (batch: number) => {
        factor = batch < 3 ? 1 : 0.5;
      },
    };
    await fit(network({ loss }), x, y, { ...args, epochs: 1, method: uniform(), callbacks });
    // The smaller batch at the end of an epoch comes long after the callback.
    const atEnds = {
      onEpochEnd: async (epoch: number) => {
        if (epoch === 0) factor = 0.25;
      },
    };
    await fit(network({ loss }), x, y, { ...args, batchSize: 36, epochs: 3, method: uniform(), callbacks: atEnds });
    expect(warn).not.toHaveBeenCalled();
  });

  it('counts once, however many sizes of batches there are', async () => {
    let factor = 1;
    const loss: Loss = (t, p) => tf.mul(factor, squares(t, p));
    const callbacks = {
      onEpochEnd: async () => {
        factor /= 2;
      },
    };
    const [ours, theirs] = [network({ loss }), network({ loss })];
    const options = { ...args, batchSize: 36, epochs: 3, callbacks };
    const { history } = await fit(ours, x, y, { ...options, method: uniform() });
    expect(warn).not.toHaveBeenCalled();
    factor = 1;
    const known = await theirs.fit(x, y, { ...options, shuffle: false });
    for (const [k, value] of known.history.loss.entries()) expect(history.loss[k]).toBeCloseTo(Number(value), 5);
  });

  it('is named as what changes now, not as what a field was long ago', async () => {
    let factor = 1;
    const loss: Loss = (t, p) => tf.mul(factor, squares(t, p));
    const dropout = tf.layers.dropout({ rate: 0.5 });
    const model = network({ loss, layers: [dropout] });
    await fit(model, x, y, { ...args, epochs: 1, method: uniform() });
    (dropout as unknown as { rate: number }).rate = 0.25;
    for (let k = 0; k < 5; k++) {
      factor /= 2;
      await fit(model, x, y, { ...args, epochs: 1, method: uniform() });
    }
    expect(warn).toHaveBeenCalledOnce();
    expect(warn).toHaveBeenCalledWith(expect.stringMatching(/eagerly.*got in the loss the number/));
  });

  it('has no place in a compiled step', async () => {
    let calls = 0;
    const loss: Loss = (t, p) => tf.mul(calls++ % 2, squares(t, p));
    await expect(fit(network({ loss }), x, y, { ...args, engine: 'compiled' })).rejects.toThrow(
      /keeps something from call to call: got the loss, which changes calls/,
    );
  });
});
