/** Which programs only compute, as far as their code and objects tell: no more than these are traced before each step. */
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { compiledModel } from '../../../src/learner/model.ts';
import { readOwnCode } from '../../../src/learner/own-code/own-code.ts';
import { withoutClosures } from './without-closures.ts';

beforeAll(() => tf.setBackend('cpu'));

type Loss = (y: tf.Tensor, p: tf.Tensor) => tf.Tensor;

/** An object of a program's own, whose methods are called as TensorFlow.js's functions are. */
class Schedule {
  #calls = 0;
  step(): number {
    return this.#calls++ < 12 ? 1 : 0.5;
  }
  add(by: number): number {
    this.#calls += by;
    return this.#calls;
  }
  get(): number {
    return this.advanced();
  }
  advanced(): number {
    return this.step();
  }
  random(): number {
    return (this.#calls * 16807) % 97;
  }
}

/** One that keeps nothing in the methods that are called. */
class Helper {
  #rate = 0.5;
  get(): number {
    return this.half(this.#rate);
  }
  half(of: number): number {
    return of / 2;
  }
  set(rate: number): void {
    this.#rate = rate;
  }
}

class Own extends tf.layers.Layer {
  readonly schedule = new Schedule();
  readonly schedules = { first: [new Schedule()] };
  readonly known = new Map([['rate', new Schedule()]]);
  readonly table = new Map([['rate', 0.5]]);
  readonly constant = tf.scalar(2);
  readonly parts = [tf.layers.reLU(), tf.layers.activation({ activation: 'tanh' })];
  readonly named = { last: tf.layers.reLU() };
  weight!: { read(): tf.Tensor };
  override build() {
    this.weight = this.addWeight('w', [3], 'float32', tf.initializers.ones());
  }
  readonly helper = new Helper();
  step(): number {
    return this.parts.length;
  }
}

class Activated extends tf.layers.Layer {
  static className = 'ActivatedOfCode';
  readonly activation = tf.relu;
  override call(inputs: tf.Tensor | tf.Tensor[]) {
    return this.activation([inputs].flat()[0]);
  }
}

class Private extends Own {
  static className = 'PrivateOfCode';
  override call(inputs: tf.Tensor | tf.Tensor[]) {
    return tf.mul([inputs].flat()[0], this.#step());
  }
  #step(): number {
    return schedule.step();
  }
}

let classes = 0;
const withLayer = (call: (this: Own, inputs: tf.Tensor) => tf.Tensor) => {
  const className = `OfCode${classes++}`;
  class One extends Own {
    static className = className;
  }
  (One.prototype as { call: unknown }).call = call;
  return reading([new One({})], 'meanSquaredError');
};
const withLoss = (loss: Loss) => reading([], loss);

function reading(layers: tf.layers.Layer[], loss: Loss | string) {
  const model = tf.sequential();
  for (const one of [tf.layers.dense({ units: 3, inputShape: [3] }), ...layers]) model.add(one);
  model.compile({ optimizer: 'sgd', loss: loss as never });
  const { isAsRead: _, ...rest } = readOwnCode(compiledModel(model));
  return rest;
}

const schedule = new Schedule();
const counter = { n: 0, count: () => 1 };
const rand = () => 0.5;
const step = () => 1;
const weights = tf.ones([3]);

describe('only computes', () => {
  it.each<[string, () => object]>([
    ['functions', () => withLoss((y, p) => tf.mean(tf.square(tf.sub(y, p)), -1))],
    ['one function', () => withLoss((y, p) => tf.add(y, p))],
    ['methods of tensors', () => withLoss((y, p) => y.sub(p).square().sum(-1).add(1))],
    ['a tensor outside', () => withLoss((y, p) => weights.mul(y.sub(p)).square())],
    [
      'functions that were taken out',
      () =>
        withLoss((y, p) => {
          const { mean, sub } = tf;
          return mean(sub(y, p), -1);
        }),
    ],
    [
      'functions within',
      () =>
        withLoss((y, p) => {
          const apart = (a: tf.Tensor, b: tf.Tensor) => a.sub(b);
          return [y, p].reduce((sum, one) => sum.add(one), apart(y, p));
        }),
    ],
    ['numbers', () => withLoss((y, p) => tf.mul(Math.max(1, Number('2')), tf.sub(y, p)))],
    [
      'layers in lists and objects',
      () =>
        withLayer(function (inputs) {
          const through = this.parts.reduce((value, part) => part.apply(value) as tf.Tensor, inputs);
          return this.named.last.apply(through) as tf.Tensor;
        }),
    ],
    [
      'gradients by name',
      () =>
        withLoss((y, p) => {
          const parts = { y, p };
          for (const [, part] of Object.entries(parts)) part.clipByValue(-1, 1).abs();
          return Object.values(parts).reduce((sum, one) => sum.add(one.square()));
        }),
    ],
    ['a function of TensorFlow.js in a field', () => reading([new Activated({})], 'meanSquaredError')],
    [
      'layers one by one',
      () =>
        withLayer(function (inputs) {
          let value = inputs;
          for (const part of this.parts) value = part.apply(value) as tf.Tensor;
          return value;
        }),
    ],
    [
      'methods of an object that has others, which change it',
      () =>
        withLayer(function (inputs) {
          return inputs.mul(this.helper.get());
        }),
    ],
    [
      'weights, tensors, numbers and methods of the layer',
      () =>
        withLayer(function (inputs) {
          const { constant } = this;
          return inputs.mul(this.weight.read()).add(constant.add(1)).mul(this.table.get('rate')!).mul(this.step());
        }),
    ],
  ])('%s', (_, read) => {
    expect(read()).toEqual({});
  });
});

describe('may keep something, where nobody sees what it calls', () => {
  withoutClosures();

  it.each<[string, () => { changes?: string; asks?: string }, string]>([
    [
      'a function of a name that TensorFlow.js has too',
      () => withLoss((y, p) => y.sub(p).mul(rand() < 0.1 ? 1 : 2)),
      'rand',
    ],
    ['a counter', () => withLoss((y, p) => y.sub(p).mul(counter.count())), 'counter.count'],
    [
      'what is called beside functions of TensorFlow.js',
      () =>
        withLoss((y, p) => {
          const { mul, mean, square, sub } = tf;
          return mul(mean(square(sub(y, p)), -1), step());
        }),
      'step',
    ],
    ['the time', () => withLoss((y, p) => tf.mul(Date.now(), y.sub(p))), 'Date.now'],
    ['an object outside', () => withLoss((y, p) => y.sub(p).mul(schedule.step())), 'schedule.step'],
    ['what adds', () => withLoss((y, p) => tf.mul(schedule.add(1), y.sub(p))), 'schedule.add'],
    ['what draws', () => withLoss((y, p) => tf.mul(schedule.random(), y.sub(p))), 'schedule.random'],
    [
      'its method',
      () =>
        withLoss((y, p) => {
          const { get } = schedule;
          return tf.mul(get(), y.sub(p));
        }),
      'get',
    ],
    ['a private method of a known name', () => reading([new Private({})], 'meanSquaredError'), 'this.#step'],
  ])('%s', (_, read, call) => {
    const { changes, asks } = read();
    expect(changes).toBeUndefined();
    expect(asks).toContain(call);
  });
});

describe('what it calls is read: it', () => {
  let calls = 0;
  const doubled = (of: number) => 2 * of;
  const counted = (of: number) => doubled(++calls) * of;
  const further = (of: number) => counted(of);
  const memo = new Map<string, number>();
  const remembered = (of: number) => memo.get('one') ?? memo.set('one', of).get('one')!;
  const list: number[] = [];
  const logged = (of: number) => {
    list.push(of);
    return of;
  };
  const made: { mask?: tf.Tensor; mean?: tf.Tensor } = {};
  const masked = () => (made.mask ??= tf.ones([3]));
  const ofFirst = (y: tf.Tensor) => (made.mean ??= tf.keep(tf.mean(y)));
  class Counting {
    readonly inner = { n: 0 };
    get next() {
      return ++this.inner.n;
    }
    loss(y: tf.Tensor, p: tf.Tensor) {
      this.inner.n++;
      return y.sub(p);
    }
    twiceNext() {
      return 2 * this.next;
    }
    twice(of: number) {
      return of * ++calls;
    }
    static all = 0;
    static count() {
      return Counting.all++;
    }
  }
  const counting = new Counting();
  const scaled = tf.customGrad((z) => ({ value: z as tf.Tensor, gradFunc: (dy: tf.Tensor) => dy.mul(2) }));
  const countsBack = tf.customGrad((z) => ({ value: z as tf.Tensor, gradFunc: (dy: tf.Tensor) => dy.mul(++calls) }));
  const { loss } = counting;
  const inObject = () => ({ c: counted });
  const key = ['next'][0] as 'next';
  const behind = {
    get next() {
      return ++calls;
    },
  };
  const behinds = [behind];
  const converted = { valueOf: () => ++calls };
  const { assign } = Object;
  let count = 0;
  const state = { n: 0, list: [3, 1, 2] };
  const increment = (of: { n: number }) => ++of.n;
  const through = (of: { n: number }) => increment(of);
  const ofFirstOf = (list: { n: number }[]) => list[0].n++;
  const ofOne = ({ one }: { one: { n: number } }) => one.n++;
  const shared = () => state;
  const numbers = [1, 2, 3];
  const weighted = (y: tf.Tensor, by: readonly number[]) => y.mul(by[0]).mul(by.at(1)!);
  const generate = (function* () {
    for (let k = 0; ; k++) yield k;
  })();
  const counter2 = () => (of: number) => of * ++calls;
  const kept = counter2();
  const maker = () => kept;

  it.each<[string, Loss]>([
    ['a function', (y, p) => y.sub(p).mul(doubled(2))],
    ['a generator of a constant', (y, p) => y.sub(p).mul(rand())],
    ['an object', (y, p) => y.sub(p).mul(counter.count())],
    ['something made once', (y, p) => y.sub(p).mul(masked())],
    ['a map that is filled once', (y, p) => y.sub(p).mul(remembered(2))],
    ['a function bound to nothing', (y, p) => y.sub(p).mul(doubled.call(undefined, 2))],
    ['a gradient written by hand', (y, p) => y.sub(scaled(p))],
    ['a list that it is given', (y, p) => weighted(y.sub(p), numbers)],
    ['a list that is spread', (y, p) => y.sub(p).mul(Math.max(...numbers))],
    [
      'a list, one by one',
      (y, p) => {
        let sum = y.sub(p);
        for (const one of numbers) sum = sum.mul(one);
        return sum;
      },
    ],
  ])('only computes by %s', (_, code) => {
    expect(withLoss(code)).toEqual({});
  });

  it.each<[string, Loss, string]>([
    ['a function', (y, p) => y.sub(p).mul(counted(2)), 'calls'],
    ['a function of a function', (y, p) => y.sub(p).mul(further(2)), 'calls'],
    ['a list', (y, p) => y.sub(p).mul(logged(2)), 'list.push'],
    ['what the first batch gives', (y, p) => y.sub(p).mul(ofFirst(y)), 'made.mean'],
    ['a method', (y, p) => counting.loss(y, p), 'this.inner.n'],
    ['a method that was taken out', (y, p) => loss.call(counting, y, p), 'this.inner.n'],
    ['a bound method', counting.loss.bind(counting), 'this.inner.n'],
    ['a static method', (y, p) => y.sub(p).mul(Counting.count()), 'Counting.all'],
    ['a getter', (y, p) => y.sub(p).mul(counting.next), 'this.inner.n'],
    ['an object that it is given', (y, p) => y.sub(p).mul(increment(state)), 'of.n'],
    ['an object that it is given, further', (y, p) => y.sub(p).mul(through(state)), 'of.n'],
    ['an object in a list', (y, p) => y.sub(p).mul(ofFirstOf([state])), 'list[0].n'],
    ['an object in an object', (y, p) => y.sub(p).mul(ofOne({ one: state })), 'one.n'],
    ['an object that is given by call', (y, p) => y.sub(p).mul(increment.call(undefined, state)), 'of.n'],
    ['a getter of itself', (y, p) => y.sub(p).mul(counting.twiceNext()), 'this.inner.n'],
    ['a function that is applied', (y, p) => y.sub(p).mul(counted.apply(undefined, [2])), 'calls'],
    ['a method that it hands on', (y, p) => tf.addN([1, 2].map(counting.twice).map((k) => y.sub(p).mul(k))), 'calls'],
    ['a function that it hands on', (y, p) => tf.addN([1, 2].map(counted).map((k) => y.sub(p).mul(k))), 'calls'],
    ['a gradient written by hand', (y, p) => y.sub(countsBack(p)), 'calls'],
  ])('keeps something in %s', (_, code, what) => {
    const { changes, scored } = withLoss(code);
    expect(changes).toContain(`${what.endsWith('.push') ? 'calls' : 'changes'} ${what}`);
    expect(scored).toBe(changes);
  });

  it.each<[string, Loss]>([
    [
      'the first of a generator',
      (y, p) => {
        const [first] = generate;
        return y.sub(p).mul(first);
      },
    ],
    [
      'an object that somebody gives',
      (y, p) => {
        const own = shared();
        own.n++;
        return y.sub(p).mul(own.n);
      },
    ],
    [
      'a function that somebody gives',
      (y, p) => {
        const own = maker();
        return y.sub(p).mul(own(1));
      },
    ],
    ['a list that is sorted', (y, p) => y.sub(p).mul(state.list.sort()[0])],
    [
      'an object in a list',
      (y, p) => {
        for (const one of [state]) one.n++;
        return y.sub(p).mul(doubled(state.n));
      },
    ],
    [
      'an object in an object',
      (y, p) => {
        const own = { state };
        own.state.n++;
        return y.sub(p).mul(doubled(1));
      },
    ],
    ['an object that is spread', (y, p) => y.sub(p).mul(doubled([...[state]][0].n++))],
    [
      'an object that a method is given',
      (y, p) => {
        const increase = (of: { n: number }) => {
          of.n++;
          return of;
        };
        return y.sub(p).mul(doubled([1].reduce(increase, state).n));
      },
    ],
    ['a function in a list', (y, p) => [counted].reduce((e, f) => e.mul(f(1)), y.sub(p))],
    [
      'a function in an object that somebody gives',
      (y, p) => {
        const { c } = inObject();
        return y.sub(p).mul(c(1));
      },
    ],
    [
      'a name that is declared within, too',
      (y, p) => {
        count++;
        return [y].map((one, count) => one.sub(p).mul(doubled(count + 1)))[0];
      },
    ],
    [
      'the head of a loop',
      (y, p) => {
        for (count of [count + 1]);
        return y.sub(p).mul(doubled(count));
      },
    ],
    [
      'what falls from call to call',
      (y, p) => {
        if (count > 0.5) count = doubled(count) - 1;
        return y.sub(p).mul(count);
      },
    ],
    [
      'a map that counts',
      (y, p) => {
        if (memo.has('n')) memo.set('n', memo.get('n')! + 1);
        else memo.set('n', 0);
        return y.sub(p).mul(doubled(memo.get('n')!));
      },
    ],
    ['a member that nobody knows', (y, p) => y.sub(p).mul(doubled(counting[key] as number))],
    ['all members', (y, p) => y.sub(p).mul(doubled(Object.values(behind)[0]))],
    ['a getter of an element', (y, p) => y.sub(p).mul(doubled(behinds[0].next))],
    ['a number that an object makes', (y, p) => y.sub(p).mul(doubled((converted as never as number) * 1))],
    [
      'a function of the language that is taken out',
      (y, p) => {
        assign(state, { n: state.n + 1 });
        return y.sub(p).mul(doubled(1));
      },
    ],
  ])('is not clear of %s', (_, code) => {
    const { changes, asks, unclear } = withLoss(code);
    expect(changes ?? asks ?? unclear).toBeDefined();
  });

  it('ends soon where names stand for each other in turns', () => {
    const turns = 'a = a.x || b.x; b = b.y || a.y;'.repeat(8);
    expect(
      withLoss(new Function('y', 'p', `let a = y, b = p; ${turns} return y.sub(a);`) as Loss).unclear,
    ).toBeDefined();
  });

  it('is not clear of what cannot be looked at', () => {
    const bare = Object.setPrototypeOf((of: number) => of, null) as (of: number) => number;
    const beside = {
      get a(): number {
        throw new Error('was run');
      },
      b: doubled,
    };
    expect(withLoss((y, p) => y.sub(p).mul(bare(1))).asks).toContain('bare');
    expect(withLoss((y, p) => y.sub(p).mul(beside.b(1)))).toEqual({});
    const deep = new Function('y', 'p', `return y.sub(p)${'.mul(1)'.repeat(2500)}`) as Loss;
    expect(withLoss(deep).unclear).toMatch(/cannot be read|without a source/);
  });

  it('is told when what it calls is exchanged', () => {
    let helper = doubled;
    const object = { helper: doubled };
    const model = tf.sequential({ layers: [tf.layers.dense({ units: 1, inputShape: [3] })] });
    const loss: Loss = (y, p) => y.sub(p).mul(helper(1)).mul(object.helper(1));
    model.compile({ optimizer: 'sgd', loss: loss as never });
    const read = () => readOwnCode(compiledModel(model)).isAsRead!;
    const isAsRead = read();
    expect(isAsRead()).toBe(true);
    helper = counted;
    expect(isAsRead()).toBe(false);
    helper = doubled;
    expect(isAsRead()).toBe(true);
    object.helper = counted;
    expect(isAsRead()).toBe(false);
  });

  it('runs nothing of it', () => {
    const fail = () => {
      throw new Error('was run');
    };
    const traps = { get: fail, has: fail, ownKeys: fail, getPrototypeOf: fail, getOwnPropertyDescriptor: fail };
    const proxy = new Proxy({ a: { b: 1 }, f: doubled }, traps);
    const through = { proxy };
    const { asks } = withLoss((y, p) =>
      y
        .sub(p)
        .mul(proxy.a.b)
        .mul(proxy.f(1))
        .mul(through.proxy.f(doubled(proxy.a.b))),
    );
    expect(asks).toContain('proxy.f');
  });

  it('reads no methods that no step calls', () => {
    const resets: number[] = [];
    class Noisy extends Own {
      static className = 'NoisyOfCode';
      override call(inputs: tf.Tensor | tf.Tensor[]) {
        return this.scaled([inputs].flat()[0]);
      }
      scaled(x: tf.Tensor) {
        return x.mul(2);
      }
      reset() {
        resets.push(1);
      }
    }
    expect(reading([new Noisy({})], 'meanSquaredError')).toEqual({});
    Noisy.prototype.scaled = function (x) {
      this.reset();
      return x;
    };
    expect(reading([new Noisy({})], 'meanSquaredError').changes).toContain('resets');
  });

  it('knows private fields as compilers write them for older engines', () => {
    const compiled = [
      '__classPrivateFieldSet(this, _n, 1, "f")',
      '__privateSet(this, _n, 1)',
      '__privateWrapper(this, _n)._++',
      '_classPrivateFieldSet2(_n, this, 1)',
      '(0, _classPrivateFieldSet2.default)(_n, this, 1)',
      '_class_private_field_set(this, _n, 1)',
      '_class_private_field_update(this, _n).value++',
    ];
    for (const code of compiled) {
      expect(withLoss(new Function('y', 'p', `${code}; return y;`) as Loss).changes).toContain('a private field');
    }
  });

  it('does not take what counts lines in tests for a change', () => {
    const code = 'cov_1a2b().f[0]++; cov_1a2b().s[3]++; return y.sub(p);';
    expect(withLoss(new Function('y', 'p', code) as Loss)).toEqual({});
  });
});

describe('keeps something, in an object that the layer has', () => {
  it.each<[string, () => { changes?: string }]>([
    [
      'an object of the layer',
      () =>
        withLayer(function (inputs) {
          return inputs.mul(this.schedule.step());
        }),
    ],
    [
      'one in a list in an object, by another name',
      () =>
        withLayer(function (inputs) {
          const [first] = this.schedules.first;
          return inputs.mul(first.add(1));
        }),
    ],
    [
      'all in a map, one by one',
      () =>
        withLayer(function (inputs) {
          let value = inputs;
          for (const [, one] of this.known) value = value.mul(one.step());
          return value;
        }),
    ],
    [
      'all of an object',
      () =>
        withLayer(function (inputs) {
          let value = inputs;
          for (const list of Object.values(this.schedules)) for (const one of list) value = value.mul(one.step());
          return value;
        }),
    ],
    [
      'one in a map',
      () =>
        withLayer(function (inputs) {
          return inputs.mul(this.known.get('rate')!.step());
        }),
    ],
    [
      'each in a list',
      () =>
        withLayer(function (inputs) {
          return this.schedules.first.reduce((value, one) => value.mul(one.step()), inputs);
        }),
    ],
  ])('%s', (_, read) => {
    expect(read().changes).toContain('this.#calls');
  });
});

it('keeps something in what a layer adds to the loss; regularizers of TensorFlow.js do not', () => {
  const layer = tf.layers.dense({ units: 3, kernelRegularizer: 'l1l2' });
  expect(reading([layer], 'meanSquaredError')).toEqual({});
  let calls = 0;
  layer.addLoss(() => tf.scalar(++calls));
  expect(reading([layer], 'meanSquaredError').changes).toMatch(
    /what the layer \S+ adds to the loss, which changes calls/,
  );
});

it('keeps something in a getter', () => {
  class Counting extends Own {
    static className = 'CountingGetter';
    #calls = 0;
    get beta(): number {
      return ++this.#calls;
    }
    override call(inputs: tf.Tensor | tf.Tensor[]) {
      return tf.mul([inputs].flat()[0], this.beta);
    }
  }
  expect(reading([new Counting({})], 'meanSquaredError').changes).toContain('this.#calls');
});

it('keeps something behind a setter', () => {
  class Behind extends Own {
    static className = 'CountingSetter';
    #calls = 0;
    get calls(): number {
      return this.#calls;
    }
    set calls(now: number) {
      this.#calls = now;
    }
    override call(inputs: tf.Tensor | tf.Tensor[]) {
      this.calls += 1;
      return [inputs].flat()[0];
    }
  }
  expect(reading([new Behind({})], 'meanSquaredError').changes).toContain('this.calls');
});

it('scores would count what losses and layers count, and not what metrics do', () => {
  let calls = 0;
  const counting: Loss = (y, p) => tf.losses.meanSquaredError(y, p).mul(++calls);
  expect(reading([tf.layers.reLU()], counting).scored).toContain('changes calls');
  class Counting extends Own {
    static className = 'CountingForScores';
    #calls = 0;
    override call(inputs: tf.Tensor | tf.Tensor[]) {
      return tf.mul([inputs].flat()[0], ++this.#calls);
    }
  }
  expect(reading([new Counting({})], 'meanSquaredError').scored).toContain('this.#calls');
  const model = tf.sequential({ layers: [tf.layers.dense({ units: 1, inputShape: [3] })] });
  model.compile({ optimizer: 'sgd', loss: 'meanSquaredError', metrics: [counting] });
  const { changes, scored } = readOwnCode(compiledModel(model));
  expect([changes, scored]).toEqual(['a metric, which changes calls', undefined]);
});

describe('a regularizer that a weight is added with', () => {
  const Regularizer = Object.getPrototypeOf(tf.regularizers.l2().constructor) as new () => object;
  class Penalty extends Regularizer {
    static className = 'PenaltyOfTests';
    calls = 0;
    apply(w: tf.Tensor): tf.Scalar {
      return tf.sum(w).mul(++this.calls);
    }
    getClassName(): string {
      return Penalty.className;
    }
    getConfig() {
      return {};
    }
  }
  class Weighted extends tf.layers.Layer {
    static className = 'WeightedOfTests';
    kept?: object;
    constructor(private readonly made: () => object) {
      super({});
    }
    override build() {
      this.addWeight('w', [3], 'float32', tf.initializers.ones(), this.made() as never);
      this.built = true;
    }
    override call(inputs: tf.Tensor | tf.Tensor[]) {
      return tf.mul([inputs].flat()[0], this.weights[0].read());
    }
  }
  const penalty = new Penalty();

  it.each<[string, () => tf.layers.Layer, string | undefined]>([
    ['of the user, in no field', () => new Weighted(() => penalty), 'a regularizer of the layer'],
    ['of TensorFlow.js, in no field', () => new Weighted(() => tf.regularizers.l2()), undefined],
    ['of the user, in a field', () => Object.assign(new Weighted(() => penalty), { kept: penalty }), undefined],
  ])('%s', (_, make, expected) => {
    const { unclear } = reading([make()], 'meanSquaredError');
    if (expected === undefined) expect(unclear).toBeUndefined();
    else expect(unclear).toContain(expected);
    // It is not called to find out.
    expect(penalty.calls).toBe(0);
    expect(
      tf.regularizers
        .l2({ l2: 1 })
        .apply(tf.ones([2]))
        .dataSync()[0],
    ).toBe(2);
  });
});
