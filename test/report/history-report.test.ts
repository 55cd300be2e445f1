import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { parseHTML } from 'linkedom';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  averaged,
  clipped,
  cosineDecay,
  earlyStopping,
  type FitArgs,
  fit,
  type History,
  importance,
  oneCycle,
  stepDecay,
  uniform,
  warmUp,
} from '../../src/index.ts';
import { number } from '../../src/report/format.ts';
import { historyReport, writeReport } from '../../src/report/index.ts';

const inputs = tf.randomUniform([120, 4], -1, 1, 'float32', 3);
const [x, y] = tf.tidy(() => {
  const labels = inputs.sum(1).greater(0).toInt() as tf.Tensor1D;
  return [tf.keep(inputs), tf.keep(tf.oneHot(labels, 2).toFloat())];
});

function model(): tf.LayersModel {
  const made = tf.sequential();
  made.add(
    tf.layers.dense({
      inputShape: [4],
      units: 8,
      activation: 'relu',
      kernelInitializer: tf.initializers.glorotUniform({ seed: 1 }),
    }),
  );
  made.add(
    tf.layers.dense({ units: 2, activation: 'softmax', kernelInitializer: tf.initializers.glorotUniform({ seed: 2 }) }),
  );
  made.compile({ optimizer: tf.train.sgd(0.1), loss: 'categoricalCrossentropy', metrics: ['accuracy'] });
  return made;
}
const args = { epochs: 3, batchSize: 20, verbose: 0, seed: 1, engine: 'eager', validationData: [x, y] } as const;
const text = (page: string, selector: string) =>
  [...parseHTML(page).document.querySelectorAll(selector)].map(({ textContent }) => textContent);

describe('the report of what fit returned', () => {
  let folder: string;
  let one: History;
  let other: History;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'unequal-'));
    one = await fit(model(), x, y, { ...args, method: uniform() });
    other = await fit(model(), x, y, { ...args, method: importance({ presample: 2, start: 'always' }) });
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('has the options that were set, and none that is undefined', async () => {
    const [options] = text(await other.report(), 'td[data-title=Options]');
    expect(options).toContain('presample: 2');
    expect(options).toContain('weightBound: Infinity');
    expect(options).not.toContain('undefined');
  });

  it('says in what a run is not as the first, and nothing where all are alike', async () => {
    const rows = (page: string) =>
      [...parseHTML(page).document.querySelectorAll('tr')].map(({ textContent }) => textContent.trim());
    expect(rows(historyReport([one, other])).some((row) => row.startsWith('Otherwise'))).toBe(false);
    const compiled = model();
    compiled.compile({ optimizer: tf.train.sgd(0.025), loss: 'categoricalCrossentropy', metrics: ['accuracy'] });
    const third = await fit(compiled, x, y, { ...args, epochs: 2, batchSize: 40, seed: 7, validationData: undefined });
    const [row] = rows(historyReport([one, other, third])).filter((row) => row.startsWith('Otherwise'));
    expect(row.replace(/\s+/g, ' ')).toBe(
      'Otherwiseimportance 2: no validation samples, batches of 40, learning rate 0.025, 2 epochs, seed 7',
    );
  });

  it('has the validation curve of its epochs, and the samples', async () => {
    const page = await one.report({ title: 'Mine & yours', className: (k) => ['no', 'yes'][k] });
    expect(text(page, 'h1')).toEqual(['Mine & yours']);
    expect(text(page, 'figure h2').slice(0, 3)).toEqual(['Validation error', 'Validation loss', 'Training loss']);
    const { document } = parseHTML(page);
    const last = (other.history.val_acc ?? one.history.val_acc) as number[];
    expect(last).toHaveLength(3);
    // The values that are told of the figure are those of the history.
    const error = 100 * (1 - (one.history.val_acc as number[])[2]);
    const said = document.querySelector('svg[role=img]')?.getAttribute('aria-label') ?? '';
    expect(Number(/([\d.]+) last/.exec(said)?.[1])).toBeCloseTo(error, 1);
    // All were trained on three times: there are no favourites to name.
    expect(one.samples?.mostDrawn(2).map(({ times }) => times)).toEqual([3, 3]);
    expect(text(page, 'table.sortable thead th')).not.toContain('Times trained on');
    const chosen = await other.report({ className: (k) => ['no', 'yes'][k] });
    expect(text(chosen, 'table.sortable thead th')).toContain('Times trained on');
    const labels = text(chosen, 'table.sortable td[data-title=Label]');
    expect(labels.every((label) => ['no', 'yes'].includes(label))).toBe(true);
  });

  it('calls what it was validated on so, and gives the numbers of the model that is left', async () => {
    const page = await one.report();
    expect(page).not.toMatch(/[Tt]est (error|loss|samples)|to test on/);
    expect(page).toContain('120 to train on, 120 to validate on');

    const kept = model();
    kept.compile({ optimizer: tf.train.sgd(0.1), loss: 'categoricalCrossentropy' });
    // Of a loss that falls, the largest is that of the first epoch.
    const callbacks = earlyStopping({ mode: 'max', patience: 3, restoreBestWeights: true });
    const history = await fit(kept, x, y, { ...args, epochs: 30, callbacks, method: uniform() });
    expect(history.restored).toBeLessThan(history.epoch.at(-1)!);
    const loss = (kept.evaluate(x, y) as tf.Scalar).dataSync()[0];
    const stopped = await history.report();
    const [cell] = text(stopped, 'td[data-title="Validation loss"]');
    expect(cell).not.toBe(number(history.history.val_loss.at(-1) as number));
    expect(cell).toBe(number(loss));
    expect(text(stopped, '.summary')[0]).toContain(`a validation loss of ${number(loss)} and`);
  });

  it('says how it was made, and nothing that is not known', async () => {
    const rows = async (options: FitArgs, optimizer: tf.Optimizer = tf.train.sgd(0.1)) => {
      const made = model();
      made.compile({ optimizer, loss: 'categoricalCrossentropy' });
      const page = await (await fit(made, x, y, { ...args, ...options, epochs: 1 })).report();
      const found = [...parseHTML(page).document.querySelectorAll('tr')].map((row) => [
        row.querySelector('th')?.textContent ?? '',
        row.querySelector('td')?.textContent ?? '',
      ]);
      return Object.fromEntries(found) as { [title: string]: string };
    };
    const plain = await rows({ validationData: undefined });
    expect(plain).not.toHaveProperty('Schedule');
    expect(plain).not.toHaveProperty('Versions');
    expect(plain.Data).toBe('data of your own: 120 to train on');
    expect(plain.Optimizer).toBe('SGD, batches of 20');
    expect(plain.Machine).toContain(`${cpus()[0].model.trim()}, ${cpus().length} core`);
    expect(plain['Training loss']).not.toContain('weights');

    const optimizer = averaged(clipped(tf.train.sgd(0.1), { globalClipNorm: 1 }));
    const full = await rows({ schedule: warmUp(0.1, cosineDecay()), classWeight: { 0: 2, 1: 1 } }, optimizer);
    expect(full.Schedule).toBe('warmUp(0.1, cosineDecay())');
    expect(full.Optimizer).toBe('SGD, clipped (globalClipNorm 1), averaged (decay 0.999), batches of 20');
    expect(full['Training loss']).toContain('times their weights');
    for (const [schedule, words] of [
      [stepDecay([0.4, 0.8], 5), 'stepDecay([0.4, 0.8], 5)'],
      [oneCycle(), 'oneCycle({ peak: 0.3, from: 25, to: 10000 })'],
      [(share: number) => 1 - share / 2, 'a function of your own'],
    ] as const) {
      expect((await rows({ schedule })).Schedule).toBe(words);
    }
  });

  it('says what an error is a share of, and of how many', async () => {
    const head = (last: tf.layers.Layer, loss: string) => {
      const made = tf.sequential({ layers: [tf.layers.dense({ inputShape: [4], units: 6 }), last] });
      if (loss !== 'binaryCrossentropy') made.add(tf.layers.activation({ activation: 'softmax' }));
      made.compile({ optimizer: 'sgd', loss, metrics: ['accuracy'] });
      return made;
    };
    const of = async (made: tf.LayersModel, targets: tf.Tensor) => {
      const options = { ...args, epochs: 2, validationData: [x, targets] as [tf.Tensor, tf.Tensor], method: uniform() };
      const page = historyReport([await fit(made, x, targets, options), await fit(made, x, targets, options)]);
      return [/Share of [^;]*/.exec(page)?.[0], /twice the standard error of [^.]*/.exec(page)?.[0]];
    };
    const wide = tf.layers.dense({ units: 3, activation: 'sigmoid' });
    expect(await of(head(wide, 'binaryCrossentropy'), tf.zeros([120, 3]))).toEqual([
      'Share of the 360 labels of the 120 validation samples that are classified wrongly',
      'twice the standard error of a difference on 120 samples, as if all labels of one were right or wrong together, for the validation error',
    ]);
    const steps = tf.layers.reshape({ targetShape: [2, 3] });
    expect(await of(head(steps, 'categoricalCrossentropy'), tf.ones([120, 2, 3]).div(3))).toEqual([
      'Share of the 240 time steps of the 120 validation samples that are classified wrongly',
      'twice the standard error of a difference on 120 samples, as if all time steps of one were right or wrong together, for the validation error',
    ]);
    expect((await of(model(), y))[0]).toBe('Share of the 120 validation samples that are classified wrongly');
  });

  it('shows several beside each other, each under a name of its own', async () => {
    const page = historyReport([one, other, one]);
    expect(text(page, 'tbody th').slice(0, 3)).toEqual(['uniform', 'importance', 'uniform 2']);
    expect(text(page, '.summary')[0]).toMatch(/importance .* uniform/);
    await writeReport([one, other], join(folder, 'both.html'));
    expect(await readFile(join(folder, 'both.html'), 'utf8')).toBe(historyReport([one, other]));
    expect(await readdir(folder)).toEqual(['both.html']);
  });

  it('goes on where a resumed run goes on', async () => {
    const checkpoint = { path: join(folder, 'checkpoint') };
    await fit(model(), x, y, { ...args, epochs: 2, method: uniform(), checkpoint });
    const resumed = await fit(model(), x, y, { ...args, method: uniform(), resume: checkpoint.path });
    expect(resumed.course?.points.map(({ step, epoch, testLoss }) => [step, epoch, testLoss])).toEqual(
      one.course?.points.map(({ step, epoch, testLoss }) => [step, epoch, testLoss]),
    );
    expect(resumed.course?.trace.map(({ step, loss }) => [step, loss])).toEqual(
      one.course?.trace.map(({ step, loss }) => [step, loss]),
    );
  });

  it('refuses what is none, and a path that cannot be written, before anything is written', async () => {
    expect(() => historyReport([])).toThrow(/nothing to report/);
    expect(() => historyReport(new tf.History() as History)).toThrow(/what fit or fitDataset returned/);
    await expect(writeReport(one, folder)).rejects.toThrow(/a folder/);
    await expect(writeReport(one, '')).rejects.toThrow(/path of the report/);
  });
});
