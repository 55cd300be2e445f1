/** Every optimizer of TensorFlow.js, and a user's own. */
import * as tf from '@tensorflow/tfjs';
import { compiled, data, eager, type Program, type Programs, small } from '../program.ts';

interface NamedTensor {
  readonly name: string;
  readonly tensor: tf.Tensor;
}
type Grads = tf.NamedTensorMap | NamedTensor[];
const listed = (g: Grads): NamedTensor[] =>
  Array.isArray(g) ? g : Object.keys(g).map((name) => ({ name, tensor: g[name] }));
const variable = (name: string): tf.Variable => tf.engine().registeredVariables[name];

/** Adam with a decay of the weights by the learning rate. */
class AdamW extends tf.AdamOptimizer {
  constructor(
    rate: number,
    private readonly decay: number,
  ) {
    super(rate, 0.9, 0.999, 1e-7);
  }
  override applyGradients(g: Grads): void {
    for (const { name } of listed(g)) {
      tf.tidy(() => variable(name).assign(variable(name).mul(1 - this.learningRate * this.decay)));
    }
    super.applyGradients(g as never);
  }
}

/** Sgd whose rate rises over its first steps. */
class Warm extends tf.SGDOptimizer {
  private readonly base: number;
  private t = 0;
  constructor(rate: number) {
    super(rate);
    this.base = rate;
  }
  override applyGradients(g: Grads): void {
    this.setLearningRate(this.base * Math.min(1, ++this.t / 10));
    super.applyGradients(g as never);
  }
}

/** Adam that clips its gradients by their common norm. */
class Clipped extends tf.AdamOptimizer {
  override applyGradients(g: Grads): void {
    tf.tidy(() => {
      const list = listed(g);
      const norm = tf.sqrt(tf.addN(list.map(({ tensor }) => tf.sum(tf.square(tensor)))));
      const factor = tf.minimum(1, tf.div(0.5, norm));
      super.applyGradients(list.map(({ name, tensor }) => ({ name, tensor: tensor.mul(factor) })));
    });
  }
}

/** Sgd with every gradient clipped by value. */
class ClippedByValue extends tf.SGDOptimizer {
  override applyGradients(g: Grads): void {
    tf.tidy(() => {
      super.applyGradients(listed(g).map(({ name, tensor }) => ({ name, tensor: tensor.clipByValue(-0.1, 0.1) })));
    });
  }
}

/** Sgd that decays its rate by its own step counter, in arithmetic on numbers. */
class Decayed extends tf.SGDOptimizer {
  private steps = 0;
  override applyGradients(g: Grads): void {
    const rate = 0.1 / (1 + 0.2 * this.steps++);
    for (const { name, tensor } of listed(g))
      tf.tidy(() => variable(name).assign(variable(name).sub(tensor.mul(rate))));
    this.incrementIterations();
  }
}

/** Steps with the mean of the last two gradients: keeps tensors in a field. */
class Averaged extends tf.SGDOptimizer {
  private last = new Map<string, tf.Tensor>();
  override applyGradients(g: Grads): void {
    const mean = listed(g).map(({ name, tensor }) => {
      const before = this.last.get(name);
      const both = tf.tidy(() => (before ? tensor.add(before).div(2) : tensor.clone()));
      before?.dispose();
      this.last.set(name, tf.keep(tensor.clone()));
      return { name, tensor: both };
    });
    super.applyGradients(mean);
    tf.dispose(mean.map(({ tensor }) => tensor));
  }
}

/** Sgd with a slot of its own, a variable, made at its first step. */
class Velocity extends tf.SGDOptimizer {
  private readonly slots = new Map<string, tf.Variable>();
  override applyGradients(g: Grads): void {
    tf.tidy(() => {
      for (const { name, tensor } of listed(g)) {
        if (!this.slots.has(name)) this.slots.set(name, tf.variable(tf.zerosLike(tensor), false));
        const slot = this.slots.get(name)!;
        slot.assign(slot.mul(0.9).add(tensor));
        variable(name).assign(variable(name).sub(slot.mul(0.02)));
      }
    });
    this.incrementIterations();
  }
}

/** Two steps back and one forward: keeps slow weights beside the fast ones (lookahead), every third step. */
class Lookahead extends tf.AdamOptimizer {
  private slow?: Map<string, tf.Tensor>;
  private t = 0;
  override applyGradients(g: Grads): void {
    const names = listed(g).map(({ name }) => name);
    this.slow ??= new Map(names.map((name) => [name, tf.keep(variable(name).clone())]));
    super.applyGradients(g as never);
    if (++this.t % 3 > 0) return;
    for (const name of names) {
      const before = this.slow.get(name)!;
      const now = tf.keep(tf.tidy(() => before.add(variable(name).sub(before).mul(0.5))));
      before.dispose();
      this.slow.set(name, now);
      variable(name).assign(now);
    }
  }
}

/** Sgd that knows of its gradients only whether they rise. */
class Signs extends tf.SGDOptimizer {
  override applyGradients(g: Grads): void {
    tf.tidy(() =>
      super.applyGradients(listed(g).map(({ name, tensor }) => ({ name, tensor: tf.sign(tensor) })) as never),
    );
  }
}

type Loss = Parameters<tf.Optimizer['minimize']>[0];

/** Sgd that clips where the gradients are computed. */
class ClippedAtOnce extends tf.SGDOptimizer {
  override computeGradients(f: Loss, variables?: tf.Variable[]): ReturnType<tf.Optimizer['computeGradients']> {
    const { value, grads } = super.computeGradients(f, variables);
    const clipped = Object.entries(grads).map(([name, gradient]) => [name, gradient.clipByValue(-0.1, 0.1)] as const);
    tf.dispose(grads);
    return { value, grads: Object.fromEntries(clipped) };
  }
}

/** Sgd with a rate of 0.2 at most. */
class Capped extends tf.SGDOptimizer {
  override applyGradients(g: Grads): void {
    const rate = Math.min(this.learningRate, 0.2);
    for (const { name, tensor } of listed(g))
      tf.tidy(() => variable(name).assign(variable(name).sub(tensor.mul(rate))));
    this.incrementIterations();
  }
}

/** Sgd that clips where its rate is large, and leaves what it makes to whoever calls it. */
class Careful extends tf.SGDOptimizer {
  override applyGradients(g: Grads): void {
    const clip = (tensor: tf.Tensor) => (this.learningRate > 0.5 ? tensor.clipByValue(-0.01, 0.01) : tensor.mul(1));
    super.applyGradients(listed(g).map(({ name, tensor }) => ({ name, tensor: clip(tensor) })));
  }
}

/** Sgd on a tenth of the loss. */
class Tenth extends tf.SGDOptimizer {
  override minimize(f: Loss, returnCost?: boolean, variables?: tf.Variable[]): tf.Scalar | null {
    return super.minimize(() => f().mul(0.1), returnCost, variables);
  }
}

/** Sharpness-aware: steps by the gradient at a place a little further up. */
class SharpnessAware extends tf.SGDOptimizer {
  override minimize(f: Loss, returnCost?: boolean, variables?: tf.Variable[]): tf.Scalar | null {
    const { value, grads } = this.computeGradients(f, variables);
    const away = tf.tidy(() => {
      const norm = tf.sqrt(tf.addN(Object.values(grads).map((gradient) => tf.sum(tf.square(gradient)))));
      return Object.keys(grads).map((name) => [name, tf.div(tf.mul(grads[name], 0.05), tf.add(norm, 1e-12))] as const);
    });
    tf.dispose(grads);
    for (const [name, by] of away) tf.tidy(() => variable(name).assign(variable(name).add(by)));
    const there = this.computeGradients(f, variables);
    for (const [name, by] of away) tf.tidy(() => variable(name).assign(variable(name).sub(by)));
    this.applyGradients(there.grads);
    tf.dispose([there.value, there.grads, away.map(([, by]) => by)]);
    if (returnCost) return value;
    value.dispose();
    return null;
  }
}

/** Sgd whose `minimize` a program has put another in the place of. */
function patched(): tf.Optimizer {
  const optimizer = tf.train.sgd(0.05);
  const { minimize } = optimizer;
  optimizer.minimize = (f, ...rest) => minimize.call(optimizer, () => f().mul(0.5), ...rest);
  return optimizer;
}

const own =
  (make: () => tf.Optimizer): Program['run'] =>
  async ({ fit }) => {
    await fit(small({ optimizer: make() }), ...data(), { epochs: 4 });
  };

const theirs: { readonly [name: string]: () => tf.Optimizer | string } = {
  sgd: () => tf.train.sgd(0.05),
  momentum: () => tf.train.momentum(0.05, 0.9),
  'momentum, nesterov': () => tf.train.momentum(0.05, 0.9, true),
  adam: () => tf.train.adam(0.01),
  'adam by its name': () => 'adam',
  adamax: () => tf.train.adamax(0.01),
  rmsprop: () => tf.train.rmsprop(0.01),
  'rmsprop with momentum': () => tf.train.rmsprop(0.01, 0.9, 0.5),
  'rmsprop, centered': () => tf.train.rmsprop(0.01, 0.9, 0.1, 1e-12, true),
  adagrad: () => tf.train.adagrad(0.1),
  // A rate at which it settles: of 0.5 the loss leaps between 0.05 and 10, and what is rounded grows as much.
  adadelta: () => tf.train.adadelta(0.1),
};

/** Adam whose rate is another in each epoch, wherever it is read. */
const withRate =
  (computed: (optimizer: tf.AdamOptimizer, rate: () => number) => tf.Optimizer): Program['run'] =>
  async ({ fit }) => {
    let epoch = 0;
    const optimizer = computed(tf.train.adam(0.05), () => 0.05 / (1 + epoch));
    const onEpochBegin = async (now: number): Promise<void> => {
      epoch = now;
    };
    await fit(small({ optimizer }), ...data(), { epochs: 3, callbacks: { onEpochBegin } });
  };

export const optimizers: Programs = {
  ...Object.fromEntries(
    Object.entries(theirs).map(([name, make]) => [
      `the optimizer ${name}`,
      compiled(async ({ fit }) => {
        await fit(small({ optimizer: make() }), ...data(), { epochs: 3 });
      }),
    ]),
  ),
  'AdamW: a subclass that decays the weights by its learning rate': compiled(own(() => new AdamW(0.001, 0.5))),
  'a warm-up of the rate inside an optimizer': eager(own(() => new Warm(0.05))),
  'an optimizer that clips its gradients by their norm': compiled(own(() => new Clipped(0.01, 0.9, 0.999, 1e-7))),
  'an optimizer that clips its gradients by value': compiled(own(() => new ClippedByValue(0.05))),
  'an optimizer that decays its rate by its own step counter': eager(own(() => new Decayed(0.1))),
  'an optimizer that keeps the last gradients in a field': eager(own(() => new Averaged(0.05))),
  'an optimizer with a slot of its own': compiled(own(() => new Velocity(0.05))),
  'lookahead: slow weights every third step': eager(own(() => new Lookahead(0.01, 0.9, 0.999, 1e-7))),
  'an optimizer that clips where the gradients are computed': compiled(own(() => new ClippedAtOnce(0.05))),
  'an optimizer that minimizes a tenth of the loss': compiled(own(() => new Tenth(0.05))),
  'a sharpness-aware optimizer, which takes the gradient twice': compiled(own(() => new SharpnessAware(0.05))),
  'an optimizer whose minimize was replaced': compiled(own(patched)),
  'an optimizer that bounds its rate': compiled(own(() => new Capped(0.02))),
  'an optimizer that clips where its rate is large': compiled(own(() => new Careful(0.02))),
  'an optimizer that steps by the signs of its gradients': compiled(own(() => new Signs(0.01))),
  'a learning rate that a getter computes': eager(
    withRate((optimizer, rate) => Object.defineProperty(optimizer, 'learningRate', { get: rate })),
  ),
  'a learning rate of which what is set is forgotten': eager(
    withRate((optimizer, rate) => Object.defineProperty(optimizer, 'learningRate', { get: rate, set() {} })),
  ),
  'a learning rate that a proxy computes': eager(
    withRate(
      (optimizer, rate) =>
        new Proxy(optimizer, { get: (of, key) => (key === 'learningRate' ? rate() : Reflect.get(of, key)) }),
    ),
  ),
  'a learning rate that is read-only': compiled(
    own(() => Object.defineProperty(tf.train.adam(0.05), 'learningRate', { value: 0.01, writable: false })),
  ),
};
