import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fit } from '../../src/fit/fit.ts';
import { fitDataset } from '../../src/fit/fit-dataset.ts';
import type { History } from '../../src/fit/history.ts';
import type { FitArgs } from '../../src/fit/options.ts';
import { importance } from '../../src/methods/importance/importance.ts';
import { uniform } from '../../src/methods/uniform.ts';
import { classifier, digits, values } from '../support/small.ts';

let folder: string;
beforeAll(async () => {
  await tf.setBackend('cpu');
  folder = await mkdtemp(join(tmpdir(), 'unequal-stop-'));
});
afterAll(() => rm(folder, { recursive: true }));

// 22 samples to train on and 8 to validate on: three steps an epoch, the last of 6.
const { x, y } = digits(30);
const common = { engine: 'eager', verbose: 0, batchSize: 8, epochs: 2, validationSplit: 0.25, seed: 4 } as const;

type Told = [moment: string, ...what: unknown[]];

/** Tells everything that it is called with, and calls `at` at each moment. */
class Recorder extends tf.CustomCallback {
  constructor(told: Told[], at: (moment: string) => void) {
    const tell =
      (moment: string) =>
      (...what: unknown[]) => {
        told.push([moment, ...what]);
        at(moment);
      };
    super(
      {
        ...{ onEpochBegin: tell('epochBegin'), onEpochEnd: tell('epochEnd') },
        ...{ onBatchBegin: tell('batchBegin'), onBatchEnd: tell('batchEnd'), onYield: tell('yield') },
      },
      'auto',
    );
    // Yields after each step, whatever the clock says.
    this.onBatchEnd = async (batch, logs) => {
      tell('batchEnd')(batch, logs);
      tell('yield')(batch);
    };
  }
}

/** Counts, and keeps its count in checkpoints. */
class Counter extends tf.Callback {
  ends = 0;
  override async onEpochEnd() {
    this.ends++;
  }
  state = () => ({ ends: this.ends });
  restore = ({ ends }: { ends: number }) => {
    this.ends = ends;
  };
}

interface Ended {
  readonly history: History;
  readonly weights: number[][];
  readonly told: Told[];
  readonly ends: number;
  readonly patience: readonly number[];
}

async function train(args: FitArgs, at: (moment: string, model: tf.LayersModel) => void = () => {}): Promise<Ended> {
  const model = classifier(tf.train.adam(0.01));
  const told: Told[] = [];
  const counter = new Counter();
  const stopping = tf.callbacks.earlyStopping({ patience: 50 });
  const validation = (moment: string) => at(moment, model);
  const callbacks = [new Recorder(told, validation), counter, stopping];
  const history = await fit(model, x, y, { ...common, ...args, callbacks });
  const { wait, best } = stopping as unknown as { wait: number; best: number };
  return { history, weights: values(model), told, ends: counter.ends, patience: [wait, best] };
}

const plain = ({ history, weights, ends, patience }: Ended) => ({
  ...{ epoch: history.epoch, logs: history.history, weights, ends, patience },
  switches: history.switches.map(({ seconds: _, ...rest }) => rest),
  steps: [history.balance.uniform.steps, history.balance.importance.steps],
});

describe.each([uniform(), importance({ start: 1.5 }), importance({ start: 1.05 })])('a run of $name', (method) => {
  describe.each<[string, number | undefined]>([
    ['every step', 1],
    ['every 3', 3],
    ['every epoch', undefined],
  ])('with a checkpoint %s', (name, every) => {
    it('ends as if it had never stopped, whatever the moment it is aborted at', async () => {
      const whole = await train({ method });
      const moments = whole.told.length;
      // Two epochs of three steps with three moments each, their beginnings and their ends.
      expect(moments).toBe(2 * (3 * 3 + 2));
      for (let k = 0; k < moments; k++) {
        const checkpoint = { path: join(folder, `${method.name}-${name}-${k}`), every };
        const controller = new AbortController();
        let count = 0;
        const first = await train({ method, checkpoint, signal: controller.signal }, () => {
          if (count++ === k) controller.abort();
        });
        const second = await train({ method, checkpoint, resume: checkpoint.path });
        expect([...first.told, ...second.told], `moment ${k}`).toEqual(whole.told);
        expect(plain(second), `moment ${k}`).toEqual(plain(whole));
        // What has ended stays as it is.
        const third = await train({ method, checkpoint, resume: checkpoint.path });
        expect(third.told).toEqual([]);
        expect(plain(third)).toEqual(plain(whole));
      }
    });

    it('goes on as if it had never stopped where stopTraining has stopped it', async () => {
      const whole = await train({ method });
      for (let k = 0; k < whole.told.length; k += 2) {
        const checkpoint = { path: join(folder, `${method.name}-${name}-stop-${k}`), every };
        let count = 0;
        await train({ method, checkpoint }, (_, model) => {
          if (count++ === k) model.stopTraining = true;
        });
        expect(plain(await train({ method, resume: checkpoint.path })), `moment ${k}`).toEqual(plain(whole));
      }
    });

    it('goes on from every checkpoint that a killed run leaves', async () => {
      const whole = await train({ method });
      for (let k = 0; k < whole.told.length; k++) {
        const checkpoint = { path: join(folder, `${method.name}-${name}-kill-${k}`), every };
        let count = 0;
        const killed = train({ method, checkpoint }, () => {
          if (count++ === k) throw new Error('killed');
        });
        await expect(killed).rejects.toThrow('killed');
        const resumed = train({ method, resume: checkpoint.path });
        const written = every === 1 ? k >= 4 : every === 3 ? k >= 10 : k >= 11;
        if (written) expect(plain(await resumed), `moment ${k}`).toEqual(plain(whole));
        else await expect(resumed).rejects.toThrow('cannot be read: got ENOENT');
      }
    });
  });
});

describe('a run on a stream, and one that is stopped while it is validated', () => {
  const element = (k: number) => ({ xs: tf.tensor(part(x, k), [8, 8]), ys: tf.tensor(part(y, k), [8, 3]) });
  const part = ({ data }: { data: ArrayLike<number> }, k: number) => {
    const width = data.length / 30;
    return Array.from({ length: 8 * width }, (_, i) => data[k * 7 * width + i]);
  };
  const streamed = async (args: object, at: (moment: string) => void = () => {}) => {
    const model = classifier(tf.train.adam(0.01));
    const told: Told[] = [];
    const dataset = tf.data.generator(function* () {
      for (let k = 0; k < 4; k++) {
        at('read');
        yield element(k);
      }
    });
    const validation = {
      length: 6,
      batch: (indices: ArrayLike<number>) => {
        at('validate');
        return { xs: tf.ones([indices.length, 8]), ys: tf.ones([indices.length, 3]) };
      },
    };
    const history = await fitDataset(model, dataset as never, {
      ...{ engine: 'eager', verbose: 0, epochs: 2, seed: 4, validationData: validation, validationBatchSize: 2 },
      ...args,
      callbacks: new Recorder(told, at),
    });
    return { told, logs: history.history, epoch: history.epoch, weights: values(model) };
  };

  it.each([uniform(), importance({ start: 'always', presample: 2, scores: 'fresh' })])('$name', async (method) => {
    let moments = 0;
    const whole = await streamed({ method }, () => {
      moments++;
    });
    expect(moments).toBeGreaterThan(20);
    for (let k = 0; k < moments; k++) {
      const path = join(folder, `stream-${method.name}-${k}`);
      const controller = new AbortController();
      let count = 0;
      const first = await streamed({ method, checkpoint: { path }, signal: controller.signal }, () => {
        if (count++ === k) controller.abort();
      });
      const { told, ...second } = await streamed({ method, resume: path });
      const { told: all, ...end } = whole;
      expect([...first.told, ...told], `moment ${k}`).toEqual(all);
      expect(second, `moment ${k}`).toEqual(end);
    }
  });
});

describe('a budget of seconds', () => {
  const ticking = () => {
    let now = 0;
    return () => {
      now += 0.01;
      return now;
    };
  };
  const args = { method: uniform(), epochs: undefined } as const;

  it('ends with the history that it has when it is resumed after its end', async () => {
    for (const seconds of [0.1, 0.15, 0.2, 0.25, 0.3]) {
      const path = join(folder, `seconds-${seconds}`);
      const first = await train({ ...args, seconds, now: ticking(), checkpoint: { path } });
      const again = await train({ ...args, seconds, now: ticking(), resume: path });
      expect(plain(again)).toEqual(plain(first));
      expect(again.told).toEqual([]);
    }
  });

  it('longer, goes on as if there had been no end', async () => {
    const whole = await train({ ...args, seconds: 0.5, now: ticking() });
    for (const seconds of [0.1, 0.15, 0.2, 0.25, 0.3]) {
      const path = join(folder, `longer-${seconds}`);
      await train({ ...args, seconds, now: ticking(), checkpoint: { path } });
      const longer = await train({ ...args, epochs: whole.history.epoch.length, resume: path });
      const straight = await train({ ...args, epochs: whole.history.epoch.length });
      expect(plain(longer), `${seconds}`).toEqual(plain(straight));
    }
  });
});

describe('early stopping', () => {
  it('that has ended a run has ended it', async () => {
    const path = join(folder, 'early');
    const make = () => tf.callbacks.earlyStopping({ monitor: 'loss', patience: 1, minDelta: 1000 });
    const args = { ...common, method: uniform(), epochs: 20 } as const;
    const whole = await fit(classifier(), x, y, { ...args, callbacks: make(), checkpoint: { path } });
    expect(whole.epoch.length).toBe(2);
    const again = await fit(classifier(), x, y, { ...args, callbacks: make(), resume: path });
    expect(again.epoch).toEqual(whole.epoch);
  });
});
