import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Samples } from '../../src/data/samples.ts';
import { UnequalError } from '../../src/errors.ts';
import { decode, encode, readCheckpoint, writeCheckpoint } from '../../src/fit/checkpoint.ts';
import { EarlyStopping } from '../../src/fit/early-stopping.ts';
import { fit } from '../../src/fit/fit.ts';
import { fitDataset } from '../../src/fit/fit-dataset.ts';
import type { FitArgs, FitDatasetArgs } from '../../src/fit/options.ts';
import { ReduceLROnPlateau } from '../../src/fit/reduce-lr-on-plateau.ts';
import { compiledModel } from '../../src/learner/model.ts';
import { importance } from '../../src/methods/importance/importance.ts';
import type { Method, State } from '../../src/methods/method.ts';
import { selectiveBackprop } from '../../src/methods/selection/selective-backprop.ts';
import { uniform } from '../../src/methods/uniform.ts';
import { katyusha } from '../../src/methods/variance-reduced/katyusha.ts';
import { svrg } from '../../src/methods/variance-reduced/svrg.ts';
import { classifier, digits, values } from '../support/small.ts';

const { x, y, n } = digits();
let folder: string;

beforeAll(async () => {
  await tf.setBackend('cpu');
  folder = await mkdtemp(join(tmpdir(), 'unequal-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** All that a run has to carry over: dropout, batch statistics, slots. */
function network(optimizer: tf.Optimizer = tf.train.adam(0.01), other: Other = {}): tf.LayersModel {
  const { activation = 'tanh', rate = 0.3, more = [] } = other;
  const init = (seed: number) => tf.initializers.glorotNormal({ seed });
  const model = tf.sequential({
    layers: [
      tf.layers.dense({ units: 6, activation, inputShape: [8], kernelInitializer: init(1) }),
      ...more,
      tf.layers.batchNormalization(),
      tf.layers.dropout({ rate }),
      tf.layers.dense({ units: 3, activation: 'softmax', kernelInitializer: init(2) }),
    ],
  });
  model.compile({ optimizer, loss: 'categoricalCrossentropy', metrics: ['accuracy'] });
  return model;
}

interface Other {
  readonly activation?: 'tanh' | 'relu';
  readonly rate?: number;
  readonly more?: tf.layers.Layer[];
}

const common = { engine: 'eager', verbose: 0, batchSize: 8, epochs: 4, validationSplit: 0.2 } as const;
const methods = [uniform(), importance({ start: 1.05, presample: 2 })];

describe('the file', () => {
  const state = {
    numbers: [0, -0, 1.5, Number.NaN, Infinity, -Infinity, 5e-324, Number.MAX_SAFE_INTEGER],
    text: 'τ ≠ 1',
    nothing: null,
    yes: true,
    nested: { empty: {}, list: [[], [new Float32Array([1, Number.NaN, -0])]] },
    arrays: [
      new Float64Array([Math.PI, Infinity]),
      new Int32Array([-1, 2 ** 31 - 1]),
      new Uint8Array([1, 2, 3]),
      new Int8Array([-1]),
      new Uint16Array([65535]),
      new Int16Array([-300]),
      new Uint32Array([2 ** 32 - 1]),
      new BigUint64Array([2n ** 64n - 1n]),
      new Float32Array(0),
    ],
  };

  it('keeps every number and array', async () => {
    const path = join(folder, 'deep', 'er', 'state.ckpt');
    await writeCheckpoint(path, state);
    expect(await readCheckpoint(path)).toEqual(state);
    expect(await readdir(join(folder, 'deep', 'er'))).toEqual(['state.ckpt']);
  });

  it('keeps a part of a larger buffer as that part', () => {
    const whole = new Float32Array([1, 2, 3, 4, 5]);
    expect(decode(encode({ part: whole.subarray(1, 4) }), 'memory')).toEqual({ part: new Float32Array([2, 3, 4]) });
  });

  it('refuses what it cannot keep', () => {
    expect(() => encode({ view: new DataView(new ArrayBuffer(4)) })).toThrow(UnequalError);
  });

  it.each<[string, (file: Uint8Array) => Uint8Array, RegExp]>([
    [
      'another kind of file',
      () => new TextEncoder().encode('PK\x03\x04 something else'),
      /is no checkpoint of unequal/,
    ],
    ['an empty file', () => new Uint8Array(0), /is no checkpoint of unequal/],
    ['one cut short', (file) => file.slice(0, file.length - 5), /is damaged: got checksum/],
    ['one cut to its head', (file) => file.slice(0, 10), /is cut short: got 10 bytes/],
    [
      'one with a flipped bit',
      (file) => {
        const damaged = file.slice();
        damaged[damaged.length - 20] ^= 4;
        return damaged;
      },
      /is damaged: got checksum/,
    ],
  ])('is refused if it is %s', async (_, damage, message) => {
    const path = join(folder, 'damaged.ckpt');
    await writeFile(path, damage(encode(state as State)));
    await expect(readCheckpoint(path)).rejects.toThrow(UnequalError);
    await expect(readCheckpoint(path)).rejects.toThrow(message);
    const model = network();
    const before = values(model);
    await expect(fit(model, x, y, { ...common, resume: path })).rejects.toThrow(message);
    expect(values(model)).toEqual(before);
  });

  it('is refused if it is not there', async () => {
    await expect(fit(network(), x, y, { ...common, resume: join(folder, 'none') })).rejects.toThrow(
      /cannot be read: got ENOENT/,
    );
  });
});

describe.each(methods)('a run of $name', (method) => {
  it.each([7, 12, 13])('continues bit for bit from step %d', async (every) => {
    const path = join(folder, `${method.name}-${every}.ckpt`);
    const args = { ...common, method };
    const model = network();
    const whole = await fit(model, x, y, { ...args, seed: 5 });

    // Interrupted as a killed process is: by an exception after the checkpoint, which is then all that is left.
    const victim = network();
    const onStep: FitArgs['onStep'] = ({ step }) => {
      if (step === every + 1) throw new Error('killed');
    };
    const checkpoint = { path, every };
    await expect(fit(victim, x, y, { ...args, seed: 5, checkpoint, onStep })).rejects.toThrow('killed');

    const again = network();
    const steps: number[] = [];
    // The seed is the checkpoint's where none is given.
    const history = await fit(again, x, y, {
      ...args,
      resume: path,
      onStep: ({ step }) => void steps.push(step),
    });
    expect(steps[0]).toBe(every);
    expect(values(again)).toEqual(values(model));
    expect(history.history).toEqual(whole.history);
    expect(history.epoch).toEqual(whole.epoch);
    expect(history.switches.map(({ seconds: _, ...rest }) => rest)).toEqual(
      whole.switches.map(({ seconds: _, ...rest }) => rest),
    );
  });

  it('continues bit for bit where a signal has stopped it', async () => {
    const path = join(folder, `${method.name}-signal.ckpt`);
    const args = { ...common, method, seed: 5 };
    const model = network();
    await fit(model, x, y, args);
    const controller = new AbortController();
    const stopped = network();
    await fit(stopped, x, y, {
      ...{ ...args, checkpoint: { path }, signal: controller.signal },
      onStep: ({ step }) => {
        if (step === 8) controller.abort();
      },
    });
    const again = network();
    const history = await fit(again, x, y, { ...args, resume: path });
    expect(history.epoch).toEqual([0, 1, 2, 3]);
    expect(values(again)).toEqual(values(model));
  });

  it('continues bit for bit where its time has ended', async () => {
    const path = join(folder, `${method.name}-time.ckpt`);
    let now = 0;
    const clock = () => {
      now += 0.01;
      return now;
    };
    const args = { ...common, epochs: undefined, method, seed: 5, now: clock };
    const model = network();
    const whole = await fit(model, x, y, { ...args, seconds: 3 });
    const steps: number[] = [];
    const onStep: FitArgs['onStep'] = ({ step }) => void steps.push(step);
    await fit(network(), x, y, { ...args, seconds: 1.1, checkpoint: { path }, onStep });
    const again = network();
    const history = await fit(again, x, y, { ...args, seconds: 3, resume: path, onStep });
    // No step is lost, and none is done twice.
    expect(steps).toEqual(steps.map((_, k) => k));
    expect(values(again)).toEqual(values(model));
    expect(history.history).toEqual(whole.history);
  });

  it('on a stream continues bit for bit from the middle of a batch', async () => {
    const path = join(folder, `${method.name}-stream.ckpt`);
    const stream = () =>
      tf.data.generator(function* () {
        for (let from = 0; from < n; from += 8) {
          const to = Math.min(n, from + 8);
          yield {
            xs: tf.tensor(x.data.subarray(from * 8, to * 8), [to - from, 8]),
            ys: tf.tensor(y.data.subarray(from * 3, to * 3), [to - from, 3]),
          };
        }
      });
    const args = { engine: 'eager', verbose: 0, epochs: 4, method, seed: 5 } as const;
    const model = network();
    const whole = await fitDataset(model, stream(), args);
    const checkpoint = { path, every: 5 };
    const killed = fitDataset(network(), stream(), {
      ...{ ...args, checkpoint },
      onStep: ({ step }) => {
        if (step === 11) throw new Error('killed');
      },
    });
    await expect(killed).rejects.toThrow('killed');
    const again = network();
    const history = await fitDataset(again, stream(), { ...args, resume: path });
    expect(values(again)).toEqual(values(model));
    expect(history.history).toEqual(whole.history);
  });
});

describe('a stream that is shuffled', () => {
  const rows = Array.from({ length: 24 }, (_, i) => i);
  const shuffled = (seed?: string) =>
    tf.data
      .array(rows)
      .map((i) => ({
        xs: tf.tensor1d(Array.from(x.data.subarray(8 * i, 8 * i + 8))),
        ys: tf.tensor1d(Array.from(y.data.subarray(3 * i, 3 * i + 3))),
      }))
      .shuffle(24, seed)
      .batch(4);
  const args = { engine: 'eager', verbose: 0, epochs: 4, method: uniform(), seed: 5 } as const;
  const killedAt = async (last: number, seed?: string) => {
    const path = join(folder, `shuffled-${last}-${seed}.ckpt`);
    const onStep = ({ step }: { step: number }) => {
      if (step === last) throw new Error('killed');
    };
    const killed = fitDataset(network(), shuffled(seed), { ...args, checkpoint: { path, every: 2 }, onStep });
    await expect(killed).rejects.toThrow('killed');
    return path;
  };

  it.each([3, 9, 15])('by a seed goes on bit for bit after %i steps', async (last) => {
    const model = network();
    await fitDataset(model, shuffled('7'), args);
    const resume = await killedAt(last, '7');
    const again = network();
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    await fitDataset(again, shuffled('7'), { ...args, resume });
    expect(values(again)).toEqual(values(model));
    expect(warn).not.toHaveBeenCalled();
    warn.mockRestore();
  });

  it.each(['of its own', 'the one trained on'])('to validate on goes on in its order: %s', async (which) => {
    const given = (): FitDatasetArgs & { stream: ReturnType<typeof shuffled> } => {
      const stream = shuffled('7');
      return { ...args, stream, validationData: which === 'of its own' ? shuffled('3') : stream, validationBatches: 2 };
    };
    const run = async ({ stream, ...rest }: ReturnType<typeof given>, more: FitDatasetArgs = {}) => {
      const model = network();
      const { history } = await fitDataset(model, stream, { ...rest, ...more });
      return [history, values(model)];
    };
    const whole = await run(given());
    for (const at of [8, 12, 15]) {
      const path = join(folder, `validated-${which}-${at}.ckpt`);
      const onStep = ({ step }: { step: number }) => {
        if (step === at) throw new Error('killed');
      };
      await expect(run(given(), { checkpoint: { path, every: 1 }, onStep })).rejects.toThrow('killed');
      expect(await run(given(), { resume: path })).toEqual(whole);
    }
  });

  it('by chance goes on with a warning', async () => {
    const resume = await killedAt(9);
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    await fitDataset(network(), shuffled(), { ...args, resume });
    expect(warn.mock.calls.flat().join()).toMatch(/does not give the samples it gave before/);
    warn.mockRestore();
  });
});

describe('a checkpoint of another run', () => {
  const path = () => join(folder, 'foreign.ckpt');
  beforeAll(async () => {
    await fit(network(), x, y, { ...common, method: uniform(), checkpoint: { path: path() }, epochs: 1 });
  });

  it.each<[string, Partial<FitArgs>, (() => tf.LayersModel) | undefined, RegExp]>([
    [
      'method',
      { method: importance({ start: 'always' }) },
      undefined,
      /another run: its method.name is "uniform", expected "importance"/,
    ],
    ['batch size', { batchSize: 4 }, undefined, /its batchSize is 8, expected 4/],
    ['data', { validationSplit: 0 }, undefined, /its samples is 48, expected 60/],
    ['seed', { seed: 6 }, undefined, /its seed is \d+, expected 6/],
    ['order', { shuffle: false }, undefined, /its shuffle is true, expected false/],
    [
      'optimizer’s options',
      {},
      () => network(tf.train.adam(0.01, 0.8)),
      /its optimizerOptions.beta1 is 0.9, expected 0.8,/,
    ],
    ['layer', {}, () => network(undefined, { rate: 0.5 }), /its layers\[2\] \(Dropout\).rate is 0.3, expected 0.5,/],
    [
      'activation',
      {},
      () => network(undefined, { activation: 'relu' }),
      /its layers\[0\] \(Dense\).activation is "tanh", expected "relu",/,
    ],
    [
      'more layers',
      {},
      () => network(undefined, { more: [tf.layers.activation({ activation: 'linear' })] }),
      /its layers is Dense, BatchNormalization, Dropout, Dense, expected Dense, Activation, BatchNormalization,/,
    ],
    [
      'class weight',
      { classWeight: { 0: 9, 1: 1, 2: 1 } },
      undefined,
      /its classWeight is null, expected {"0":9,"1":1,"2":1}/,
    ],
    [
      'sample weight',
      { sampleWeight: new Float32Array(60).fill(2) },
      undefined,
      /its sampleWeight is null, expected "checksum/,
    ],
    ['optimizer', {}, () => classifier(), /its optimizer is "Adam", expected "Momentum"/],
    ['model', {}, () => classifier(tf.train.adam(0.01)), /the saved weights do not fit the model/],
  ])('is refused: %s', async (_, args, make, message) => {
    const model = (make ?? network)();
    const before = values(model);
    const steps: number[] = [];
    const resumed = fit(model, x, y, {
      ...{ ...common, method: uniform(), ...args, resume: path() },
      onStep: ({ step }) => void steps.push(step),
    });
    await expect(resumed).rejects.toThrow(UnequalError);
    await expect(resumed).rejects.toThrow(message);
    expect(values(model)).toEqual(before);
    expect(steps).toEqual([]);
  });

  it('is refused where the weights are others, and gone on with where they are these', async () => {
    const args = { ...common, method: uniform(), seed: 1 };
    const weights = (first: number) => Float32Array.from({ length: 60 }, (_, i) => (i === 59 ? first : 1));
    const weighted = { classWeight: { 2: 1, 1: 2, 0: 3 }, sampleWeight: weights(5) };
    const where = join(folder, 'weighted.ckpt');
    await fit(network(), x, y, { ...args, ...weighted, epochs: 1, checkpoint: { path: where } });
    const resumed = (others: Partial<FitArgs>) =>
      fit(network(), x, y, { ...args, ...weighted, ...others, resume: where });
    await expect(resumed({ classWeight: { 0: 3, 1: 2, 2: 4 } })).rejects.toThrow(/its classWeight.2 is 1, expected 4,/);
    await expect(resumed({ sampleWeight: weights(6) })).rejects.toThrow(/its sampleWeight is "checksum \d+", expected/);
    await resumed({ classWeight: { 0: 3, 1: 2, 2: 1 }, sampleWeight: tf.tensor1d(weights(5)) });

    const samples = (weight: number): Samples => ({
      length: n,
      batch: async (rows) => ({
        xs: { ...x, shape: [rows.length, 8], data: Float32Array.from({ length: rows.length * 8 }, (_, k) => k) },
        ys: {
          ...y,
          shape: [rows.length, 3],
          data: Float32Array.from({ length: rows.length * 3 }, (_, k) => +(k % 3 === 0)),
        },
        sampleWeight: new Float32Array(rows.length).fill(weight),
      }),
    });
    await fit(network(), samples(2), { ...args, epochs: 1, checkpoint: { path: where } });
    await fit(network(), samples(2), { ...args, resume: where });
    await expect(fit(network(), samples(3), { ...args, resume: where })).rejects.toThrow(/its data.checksums\[2\] is/);
  });

  it('is that of one run alone', async () => {
    const path = join(folder, 'shared');
    const args = { ...common, method: uniform(), epochs: 2, checkpoint: { path } };
    const other = { path: `${folder}/./shared` };
    const both = [fit(network(), x, y, args), fit(network(), x, y, { ...args, checkpoint: other })];
    const ended = await Promise.allSettled(both);
    expect(ended.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    const refused = ended.find(({ status }) => status === 'rejected') as PromiseRejectedResult;
    expect(refused.reason.message).toContain('is being written by another run');
    // Whether it ended well or not.
    const failing = fit(network(), x, y, { ...args, onStep: () => Promise.reject(new Error('stop')) });
    await expect(failing).rejects.toThrow('stop');
    await fit(network(), x, y, args);
  });

  it('is written each epoch, and never half', async () => {
    const file = await readFile(path());
    expect(((await decode(file, path())) as { place: unknown }).place).toEqual({ epoch: 1, batch: 0, begun: false });
    expect((await readdir(folder)).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });
});

describe('a resume that fails', () => {
  it.each<[string, (state: Forged) => object, object]>([
    ['the sampler', ({ trainer }) => trainer.sampler, { random: [0, 0, 0, 0] }],
    ['the optimizer', ({ trainer }) => trainer.learner.slots[0], { name: 'accumulatedFirstMoment/99' }],
    ['the weights', ({ trainer }) => trainer.learner.weights[0], { shape: [6, 8] }],
    ['the order', ({ trainer }) => trainer.source, { n: 2 ** 30, cursor: 2 ** 29 }],
    ['its place', ({ place }) => place, { epoch: 1, batch: 99, begun: true }],
    ['the latest scores', ({ trainer }) => trainer.sampler.measured.meter.latest, { share: 1e308 }],
    ['the record of samples', ({ samples }) => samples, { unit: { constructor: 1, toString: 2 } }],
    ['its steps', ({ trainer }) => trainer, { steps: { constructor: 1, toString: 2 } }],
    ['the logs', ({ logger }) => logger.totals, { constructor: 1 }],
    ['the history', ({ told }) => told, { history: { epoch: 'x', history: {} } }],
  ])('leaves all as it was: %s', async (name, part, forged) => {
    const path = join(folder, `forged-${name}.ckpt`);
    const method = importance({ start: 1.05, presample: 2 });
    await fit(network(), x, y, { ...common, method, epochs: 2, checkpoint: { path } });
    const state = (await readCheckpoint(path)) as unknown as Forged;
    Object.assign(part(state), forged);
    await writeCheckpoint(path, state as unknown as State);
    const model = network();
    const before = JSON.stringify(values(model));
    const random = await fit(model, x, y, { ...common, method, resume: path }).catch((error) => error);
    expect(random).toBeInstanceOf(UnequalError);
    expect(JSON.stringify(values(model))).toBe(before);
    // And the model trains as one that nothing has been done to.
    const untouched = network();
    await fit(model, x, y, { ...common, method, seed: 3 });
    await fit(untouched, x, y, { ...common, method, seed: 3 });
    expect(values(model)).toEqual(values(untouched));
  });

  it.each<[string, Method, (trainer: Forged['trainer']) => object, object]>([
    ['a mean gradient', katyusha(), ({ update }) => update.mean, { 1: new Float32Array(2) }],
    ['an anchor', svrg(), ({ update }) => update.anchor.at, { 0: [] }],
    ['a number of losses', selectiveBackprop(), ({ sampler }) => sampler, { count: Number.NaN }],
  ])('refuses what a method cannot train on: %s', async (name, method, part, forged) => {
    const path = join(folder, `method-${name}.ckpt`);
    const args = { ...common, method, shuffle: true };
    await fit(network(), x, y, { ...args, epochs: 2, checkpoint: { path } });
    const state = (await readCheckpoint(path)) as unknown as Forged;
    Object.assign(part(state.trainer), forged);
    await writeCheckpoint(path, state as unknown as State);
    const model = network();
    const before = values(model);
    await expect(fit(model, x, y, { ...args, resume: path })).rejects.toThrow(/cannot be gone on with: /);
    expect(values(model)).toEqual(before);
  });

  it('of a callback that has no state to give before its first epoch goes on', async () => {
    const path = join(folder, 'stateless.ckpt');
    class Counting extends tf.CustomCallback {
      private epochs: number | undefined;

      constructor() {
        super({
          onEpochEnd: async () => {
            this.epochs = (this.epochs ?? 0) + 1;
          },
        });
      }

      state(): number {
        if (this.epochs === undefined) throw new Error('nothing has been counted');
        return this.epochs;
      }

      restore(state: number): void {
        this.epochs = state;
      }
    }
    const args = { ...common, epochs: 2, seed: 1 };
    await fit(network(), x, y, { ...args, callbacks: [new Counting()], checkpoint: { path } });
    const resumed = new Counting();
    await fit(network(), x, y, { ...args, epochs: 3, callbacks: [resumed], resume: path });
    expect(resumed.state()).toBe(3);
  });

  it('leaves model and callbacks as they were where one of these refuses', async () => {
    const path = join(folder, 'callbacks.ckpt');
    const stopping = () => new EarlyStopping({ monitor: 'loss', restoreBestWeights: true });
    const args = { ...common, method: uniform(), epochs: 2 };
    const plateau = () => new ReduceLROnPlateau({ monitor: 'loss', patience: 1 });
    await fit(network(), x, y, { ...args, callbacks: [plateau(), stopping()], checkpoint: { path } });
    const state = (await readCheckpoint(path)) as unknown as { told: { callbacks: [string, Forged['callback']][] } };
    const [, [name, callback]] = state.told.callbacks;
    expect(name).toBe('EarlyStopping 0');
    callback.record.weights[0].shape = [6, 8];
    await writeCheckpoint(path, state as unknown as State);
    const model = network();
    const before = values(model);
    const callbacks = [plateau(), stopping()];
    const told = await fit(model, x, y, { ...args, epochs: 0 });
    const resumed = fit(model, x, y, { ...args, epochs: 3, callbacks, resume: path });
    await expect(resumed).rejects.toThrow(/callbacks\.ckpt cannot be gone on with: .*EarlyStopping 0/);
    expect(values(model)).toEqual(before);
    // As in model.fit, the history of a tf.Sequential is that of the model in it.
    expect(compiledModel(model).history).toBe(told);
    expect(callbacks[0].state()).toEqual(plateau().state());
  });

  it('warns where the number of threads is another', async () => {
    const path = join(folder, 'threads.ckpt');
    await fit(network(), x, y, { ...common, method: uniform(), epochs: 1, checkpoint: { path } });
    const state = (await readCheckpoint(path)) as { [part: string]: State };
    await writeCheckpoint(path, { ...state, threads: 1000 });
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    await fit(network(), x, y, { ...common, method: uniform(), resume: path });
    expect(warn.mock.calls.flat().join()).toMatch(/written with 1000 threads/);
    warn.mockRestore();
  });
});

interface Forged {
  readonly logger: { totals: object };
  readonly place: object;
  readonly told: object;
  readonly samples: object;
  readonly callback: { record: { weights: { shape: number[] }[] } };
  readonly trainer: {
    sampler: { measured: { meter: { latest: object } } };
    update: { mean: object; anchor: { at: object } };
    source: object;
    learner: { slots: object[]; weights: object[] };
  };
}

describe('where checkpoints cannot be written', () => {
  it('a file of someone’s own stays as it is', async () => {
    const path = join(folder, 'notes.txt');
    await writeFile(path, 'mine');
    const run = fit(network(), x, y, { ...common, checkpoint: { path } } as FitArgs);
    await expect(run).rejects.toThrow(/of another file, which a checkpoint would replace: got .*notes.txt/);
    expect(await readFile(path, 'utf8')).toBe('mine');
  });

  it.each<[string, unknown]>([
    ['a string for the object', 'x.ckpt'],
    ['a number', 3],
    ['no path', {}],
    ['an empty path', { path: '' }],
    ['a folder', { path: tmpdir() }],
  ])('nothing is trained: %s', async (_, checkpoint) => {
    const steps: number[] = [];
    const onStep: FitArgs['onStep'] = ({ step }) => void steps.push(step);
    const run = fit(network(), x, y, { ...common, checkpoint, onStep } as FitArgs);
    await expect(run).rejects.toThrow(UnequalError);
    expect(steps).toEqual([]);
  });
});
