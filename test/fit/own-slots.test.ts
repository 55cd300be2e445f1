/** Optimizers of one's own that keep their variables where they like. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { findLearningRate } from '../../src/fit/find-learning-rate.ts';
import { fit } from '../../src/fit/fit.ts';
import { slotsOf } from '../../src/learner/slots.ts';
import { uniform } from '../../src/methods/uniform.ts';
import { accumulated } from '../../src/optimizers/accumulated.ts';
import { averaged } from '../../src/optimizers/averaged.ts';
import { classifier, digits, values } from '../support/small.ts';

let folder: string;
beforeAll(async () => {
  await tf.setBackend('cpu');
  folder = await mkdtemp(join(tmpdir(), 'unequal-slots-'));
});
afterAll(() => rm(folder, { recursive: true }));

const { x, y } = digits();
const common = { batchSize: 20, epochs: 3, seed: 1, verbose: 0, method: uniform() } as const;
type Find = (optimizer: Heavy, weight: tf.Variable, name: string, k: number) => tf.Variable;
const zero = (like: tf.Tensor) => tf.tidy(() => tf.variable(tf.zerosLike(like), false));

/** Momentum, whose slots `find` makes and finds. */
class Heavy extends tf.Optimizer {
  readonly learningRate = 0.05;
  readonly v: { [name: string]: tf.Variable } = {};
  readonly list: tf.Variable[] = [];
  readonly map = new Map<string, { variable: tf.Variable }>();
  readonly nested: { [name: string]: { velocity: tf.Variable } } = {};
  readonly slots: { originalName: string; variable: tf.Variable }[] = [];
  constructor(readonly find: Find) {
    super();
  }
  override applyGradients(given: Parameters<tf.Optimizer['applyGradients']>[0]): void {
    const entries = Array.isArray(given)
      ? given.map(({ name, tensor }) => [name, tensor] as const)
      : Object.entries(given);
    for (const [k, [name, tensor]] of entries.entries()) {
      const weight = tf.engine().registeredVariables[name];
      const slot = this.find(this, weight, name, k);
      tf.tidy(() => {
        slot.assign(tf.add(tf.mul(slot, 0.9), tensor as tf.Tensor));
        weight.assign(tf.sub(weight, tf.mul(slot, this.learningRate)));
      });
    }
  }
  override getConfig(): tf.serialization.ConfigDict {
    return {};
  }
}

const kinds: { readonly [kind: string]: Find } = {
  'a dictionary': ({ v }, weight, name) => (v[name] ??= zero(weight)),
  'a list of variables': ({ list }, weight, _, k) => (list[k] ??= zero(weight)),
  'a map': ({ map }, weight, name) => {
    if (!map.has(name)) map.set(name, { variable: zero(weight) });
    return map.get(name)!.variable;
  },
  'dictionaries in one': ({ nested }, weight, name) => {
    nested[name] ??= { velocity: zero(weight) };
    return nested[name].velocity;
  },
  'a list of slots': ({ slots }, weight, name, k) => {
    slots[k] ??= { originalName: name, variable: zero(weight) };
    return slots[k].variable;
  },
};

describe.each(Object.entries(kinds))('slots in %s', (kind, find) => {
  const compiled = (extend: (one: tf.Optimizer) => tf.Optimizer = (one) => one) => {
    const model = classifier();
    model.compile({ optimizer: extend(new Heavy(find)), loss: 'categoricalCrossentropy' });
    return model;
  };
  const slotValues = (model: tf.LayersModel) =>
    slotsOf(model.optimizer).map(({ variable }) => [...variable.dataSync()]);

  it.each(['eager', 'compiled'] as const)('goes on from a checkpoint to the same bit, %s', async (engine) => {
    for (const extend of [(one: tf.Optimizer) => one, (one: tf.Optimizer) => averaged(one, { decay: 0.5 })]) {
      const whole = compiled(extend);
      await fit(whole, x, y, { ...common, engine });
      const path = join(folder, `${kind} ${engine}`);
      const stop = new AbortController();
      const onStep = ({ step }: { step: number }) => void (step === 3 && stop.abort());
      await fit(compiled(extend), x, y, { ...common, engine, checkpoint: { path }, signal: stop.signal, onStep });
      const resumed = compiled(extend);
      await fit(resumed, x, y, { ...common, engine, resume: path });
      expect(values(resumed)).toEqual(values(whole));
      expect(slotValues(resumed)).toEqual(slotValues(whole));
    }
  });

  it('is left as it was by what only tries', async () => {
    const model = compiled();
    await fit(model, x, y, { ...common, epochs: 1 });
    const before = [values(model), slotValues(model)];
    await findLearningRate(model, x, y, { steps: 20, batchSize: 10 });
    expect([values(model), slotValues(model)]).toEqual(before);
    const fresh = compiled();
    await findLearningRate(fresh, x, y, { steps: 20, batchSize: 10 });
    expect(slotsOf(fresh.optimizer)).toEqual([]);
  });
});

it.each(['eager', 'compiled'] as const)('what no checkpoint finds is named, %s', async (engine) => {
  const hidden = new WeakMap<tf.Variable, tf.Variable>();
  const model = classifier();
  const find: Find = (_, weight) => {
    if (!hidden.has(weight)) hidden.set(weight, zero(weight));
    return hidden.get(weight)!;
  };
  model.compile({ optimizer: new Heavy(find), loss: 'categoricalCrossentropy' });
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
  await fit(model, x, y, { ...common, engine, checkpoint: { path: join(folder, `hidden ${engine}`) } });
  expect(warn.mock.calls.flat().join()).toMatch(
    /training changes the variable \S+ \[\d+,\d+\] and \d+ more, which no checkpoint has/,
  );
  const center = tf.variable(tf.zeros([3]), false);
  const moving = classifier();
  const loss = (labels: tf.Tensor, answers: tf.Tensor) => {
    center.assign(tf.add(tf.mul(center, 0.9), tf.mean(answers, 0)) as tf.Tensor1D);
    return tf.metrics.categoricalCrossentropy(labels, answers);
  };
  moving.compile({ optimizer: 'adam', loss });
  await fit(moving, x, y, { ...common, engine, checkpoint: { path: join(folder, `center ${engine}`) } });
  expect(warn.mock.calls.flat().at(-1)).toContain(`training changes the variable ${center.name} [3], which`);
  const known = warn.mock.calls.length;
  await fit(classifier(), x, y, { ...common, engine, checkpoint: { path: join(folder, `known ${engine}`) } });
  expect(warn.mock.calls.length).toBe(known);
  warn.mockRestore();
});

it('accumulates for optimizers whose slots are known alone', () => {
  class Mine extends tf.SGDOptimizer {}
  expect(() => accumulated(new Mine(0.1), 2)).toThrow(/slots are not known: got a class of its own that extends SGD/);
  expect(() => accumulated('adam' as never, 2)).toThrow(/an optimizer whose slots are not known: got adam/);
});
