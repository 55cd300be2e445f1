import { existsSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ownData } from '../../src/data/own/own-data.ts';
import { readSamples } from '../../src/fit/samples-file.ts';
import { run } from './run.ts';

const people = join(import.meta.dirname, '../fixtures/own/people.csv');
let scratch: string;
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'unequal-own-'));
});
afterAll(() => rm(scratch, { recursive: true, force: true }));

it('trains on a CSV file, says what it does, and predicts with what was saved', async () => {
  const out = join(scratch, 'people');
  const trained = await run([
    ...['train', '--data', people, '--target', 'bought', '--as', 'price=ignore', '--seed', '2'],
    ...['--batch-size', '16', '--epochs', '30', '--method', 'uniform', '--out', out],
  ]);
  expect([trained.code, trained.err.match(/failed|Error/)]).toEqual([0, null]);
  for (const line of [
    /96 training and 24 test samples/,
    /column age is missing in 7 rows/,
    /Dense → 64/,
    /30 epochs by uniform/,
  ]) {
    expect(trained.err).toMatch(line);
  }
  // Rows of another file, in another order of columns, without the target; a city that was never seen, an age that is missing.
  const other = join(scratch, 'other.csv');
  const says = ['"was late, and broken again"', '"was fine; thanks a lot"'];
  await writeFile(
    other,
    `says,city,income,age\n${says[0]},Bern,50000,70\n${says[1]},Paris,50000,20\n${says[1]},Bern,50000,\n`,
  );
  const said = await run(['predict', '--model', out, '--data', other, '--probabilities']);
  expect(said.code).toBe(0);
  const rows = said.out
    .trim()
    .split('\n')
    .map((line) => line.split(/,(?! line)/));
  expect(rows[0]).toEqual(['row', 'bought', 'probability', 'no', 'yes']);
  expect(rows.slice(1).map((row) => row[1])).toEqual(['yes', 'no', 'no']);
  for (const [, , most, no, yes] of rows.slice(1)) {
    expect(Number(no) + Number(yes)).toBeCloseTo(1, 5);
    expect(Number(most)).toBe(Math.max(Number(no), Number(yes)));
  }
  expect(said.err).toMatch(/column city has 1 value that no training row has, such as Paris/);
  expect(said.err).toMatch(/column age is missing in 1 row/);
  // It is the trained model on the same data: the test error of the run is that of its predictions.
  const all = await run(['predict', '--model', join(out, 'model', 'model.json'), '--data', people, '--json']);
  expect(all.out.trim().split('\n')).toHaveLength(120);
  expect(Number(/^([\d.]+) ?% of 120 rows are right/m.exec(all.err)?.[1])).toBeGreaterThan(90);
  const missing = await run(['predict', '--model', out, '--data', join(scratch, 'none.csv')]);
  expect([missing.code, missing.err, missing.out]).toEqual([1, expect.stringMatching(/there is no file/), '']);
});

it('races on a CSV file with a model that was saved, and keeps what became of each sample', async () => {
  const [model, out] = [join(scratch, 'people'), join(scratch, 'race')];
  const what = ['--data', people, '--target', 'bought', '--as', 'price=ignore', '--seed', '2', '--batch-size', '16'];
  const command = ['race', ...what, '--seconds', '0.5', '--methods', 'uniform,importance', '--out', out];
  const raced = await run([...command, '--model', model, '--optimizer', 'momentum', '--json']);
  expect([raced.code, raced.err.match(/failed|Error/)]).toEqual([0, null]);
  expect(raced.err).toMatch(/on 96 training samples of .*people\.csv/);
  expect(raced.err).toMatch(/column age is missing in 7 rows/);
  const { config, results } = JSON.parse(raced.out);
  expect(config).toMatchObject({
    learningRate: 0.01,
    data: { train: 96, test: 24, classes: 2 },
    model: { name: model },
  });
  expect(config.command).toContain(`--data ${people} --target bought --as price=ignore --model ${model}`);
  // It goes on with the weights of the model, which knew nine of ten.
  for (const { testError, steps } of results) {
    expect(testError).toBeLessThan(0.15);
    expect(steps).toBeGreaterThan(0);
  }
  for (const method of ['uniform', 'importance']) {
    const { length, classifies } = await readSamples(join(out, 'samples', `${method}.bin`));
    expect([length, classifies]).toEqual([96, true]);
  }
  const tuned = await run(['race', ...what, '--tune', '--seconds', '0.1', '--quiet', '--out', join(scratch, 'tuned')]);
  expect(tuned.out).toMatch(/uniform, rate 0\.004/);
  const mined = await run(['race', ...what, '--methods', 'semiHardMining']);
  expect([mined.code, mined.err]).toEqual([1, expect.stringMatching(/cannot race on data or a model of your own/)]);
});

it('goes on with a model by the optimizer and the rate of its run, or those that are given', async () => {
  const what = ['--data', people, '--target', 'bought', '--as', 'price=ignore', '--epochs', '1', '--quiet'];
  const trained = async (name: string, ...more: string[]) => {
    const { code, out } = await run(['train', ...what, ...more, '--json', '--out', join(scratch, name)]);
    expect(code).toBe(0);
    const { optimizer, learningRate } = JSON.parse(out).config;
    return [optimizer, learningRate];
  };
  expect(await trained('by-rmsprop', '--optimizer', 'rmsprop', '--learning-rate', '0.002')).toEqual(['RMSProp', 0.002]);
  const folder = join(scratch, 'by-rmsprop');
  for (const [k, model] of [folder, join(folder, 'model'), join(folder, 'model', 'model.json')].entries()) {
    expect(await trained(`on-${k}`, '--model', model)).toEqual(['RMSProp', 0.002]);
  }
  expect(await trained('rate', '--model', folder, '--learning-rate', '0.1')).toEqual(['RMSProp', 0.1]);
  expect(await trained('sgd', '--model', folder, '--optimizer', 'sgd')).toEqual(['SGD', 0.05]);
});

it('tests what goes on with a model on rows that it has not been trained on, whatever the seed', async () => {
  const testRows = async (from: readonly string[], name: string) => {
    const args = ['--data', people, '--target', 'bought', '--as', 'price=ignore', '--batch-size', '16'];
    const out = join(scratch, name);
    const { code, err } = await run(['train', ...args, ...from, '--epochs', '1', '--method', 'uniform', '--out', out]);
    expect(code).toBe(0);
    return /(\d+ training and \d+ test rows, drawn with seed \d+)/.exec(err)?.[1];
  };
  const model = ['--model', join(scratch, 'first')];
  expect(await testRows(['--seed', '2', '--test-share', '0.3'], 'first')).toBe(
    '84 training and 36 test rows, drawn with seed 2',
  );
  expect(await testRows([...model, '--seed', '9'], 'second')).toBe('84 training and 36 test rows, drawn with seed 2');
  expect(await testRows([...model, '--seed', '9', '--test-share', '0.2'], 'third')).toBe(
    '96 training and 24 test rows, drawn with seed 2',
  );
});

it('predicts numbers in their own unit, and goes on with a run of the same data alone', async () => {
  const data = join(scratch, 'prices.csv');
  await writeFile(data, await readFile(people));
  const out = join(scratch, 'prices');
  const command = ['--data', data, '--target', 'price', '--as', 'says=ignore', '--batch-size', '16', '--quiet'];
  const trained = await run(['train', ...command, '--epochs', '40', '--seed', '4', '--out', out, '--json']);
  expect(trained.code).toBe(0);
  const said = await run(['predict', '--model', out, '--data', data]);
  const actual = (await readFile(data, 'utf8')).match(/(?<=,(yes|no),)[-\d.]+/g)?.map(Number) as number[];
  const predicted = said.out
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => Number(line.split(',').at(-1)));
  expect(predicted).toHaveLength(120);
  const mean = actual.reduce((sum, x) => sum + x, 0) / 120;
  const error = actual.reduce((sum, x, i) => sum + (x - predicted[i]) ** 2, 0);
  expect(error / actual.reduce((sum, x) => sum + (x - mean) ** 2, 0)).toBeLessThan(0.15);
  expect(Number(/120 rows: ([\d.]+)/.exec(said.err)?.[1])).toBeCloseTo(Math.sqrt(error / 120), 3);
  const more = await run(['train', '--resume', out, '--epochs', '41', '--quiet', '--json']);
  expect([more.code, more.err]).toEqual([0, '']);
  expect(JSON.parse(more.out).config.command).toContain('--epochs 41');
  await writeFile(data, (await readFile(data, 'utf8')).replace('Bern', 'Brno'));
  const changed = await run(['train', '--resume', out, '--epochs', '42']);
  expect([changed.code, changed.err]).toEqual([1, expect.stringMatching(/other data than the run began with/)]);
});

it('tells the error of a regression in the unit of its target: that of its predictions', async () => {
  const out = join(scratch, 'unit');
  const command = [
    '--data',
    people,
    '--test',
    people,
    '--target',
    'price',
    '--as',
    'says=ignore',
    '--batch-size',
    '16',
  ];
  const trained = await run(['train', ...command, '--epochs', '3', '--quiet', '--json', '--out', out]);
  const [{ testRmse, testLoss }] = JSON.parse(trained.out).results;
  expect(testLoss).toBeGreaterThan(0);
  const said = await run(['predict', '--model', out, '--data', people]);
  const rmse = Number(/120 rows: ([\d.]+)/.exec(said.err)?.[1]);
  expect(testRmse / rmse).toBeCloseTo(1, 3);
  const absolute = await run([
    ...['race', ...command, '--loss', 'meanAbsoluteError', '--seconds', '0.2', '--methods', 'uniform,importance'],
    ...['--quiet', '--json', '--out', join(scratch, 'absolute')],
  ]);
  const { config, results } = JSON.parse(absolute.out);
  expect(config.data.scaled).toEqual({ target: 'price' });
  expect(results[0].testRmse).toBeUndefined();
  expect(results[1].testLossVsUniform.ratio).toBeCloseTo(results[1].testLoss / results[0].testLoss, 10);
});

it('trains on a folder of pictures that is not split, lists the broken ones, and predicts a folder', async () => {
  const folder = join(scratch, 'pictures');
  for (const [name, background] of [
    ['dark', '#102030'],
    ['light', '#e0f0ff'],
  ] as const) {
    await mkdir(join(folder, name), { recursive: true });
    for (let k = 0; k < 24; k++) {
      const image = sharp({ create: { width: 12, height: 10, channels: 3, background } });
      await image.png().toFile(join(folder, name, `${k}.png`));
    }
  }
  await writeFile(join(folder, 'dark', 'broken.jpg'), 'no picture');
  const out = join(scratch, 'run');
  const command = ['train', '--data', folder, '--batch-size', '8', '--epochs', '6', '--out', out];
  const refused = await run([...command, '--quiet']);
  expect([refused.code, refused.err]).toEqual([1, expect.stringMatching(/broken\.jpg/)]);
  await rm(out, { recursive: true, force: true });
  const trained = await run([...command, '--skip-broken']);
  expect(trained.code).toBe(0);
  expect(trained.err).toMatch(/10 × 12, colour/);
  expect(trained.err).toMatch(/38 training and 10 test/);
  expect(await readFile(join(out, 'skipped.txt'), 'utf8')).toMatch(/broken\.jpg: .*another format/);
  const said = await run(['predict', '--model', out, '--data', folder, '--skip-broken', '--quiet', '--json']);
  const rows = said.out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(rows).toHaveLength(48);
  for (const { row, class: name } of rows) expect(row).toContain(`/${name}/`);
  // Other folders than those of classes say nothing of what is in them; no picture is left out without a word.
  const fresh = join(scratch, 'fresh');
  for (const to of ['a.png', 'monday/b.png', 'monday/late/c.png', 'monday/dark/d.png', 'monday/light/e.png']) {
    await mkdir(dirname(join(fresh, to)), { recursive: true });
    await copyFile(join(folder, 'dark', '0.png'), join(fresh, to));
  }
  const predict = (...options: string[]) => run(['predict', '--model', out, '--data', fresh, ...options]);
  const whole = await predict();
  expect(whole.out.trim().split('\n').slice(1)).toHaveLength(5);
  expect([whole.code, whole.err]).toEqual([0, expect.stringMatching(/^50(\.0)? % of 2 rows are right/)]);
  await symlink('nowhere', join(fresh, 'dead.png'));
  await symlink('..', join(fresh, 'monday', 'up'));
  await copyFile(join(folder, 'dark', '0.png'), join(fresh, 'monday', 'late', 'f.heic'));
  const stopped = await predict();
  expect([stopped.code, stopped.err]).toEqual([1, expect.stringMatching(/dead\.png would be left out/)]);
  const skipped = await predict('--skip-broken');
  expect([skipped.code, skipped.out.trim().split('\n').length]).toEqual([0, 6]);
  for (const name of ['dead\\.png', 'monday.up', 'late.f\\.heic'])
    expect(skipped.err).toMatch(new RegExp(`left out: .*${name}`));
  await copyFile(join(folder, 'dark', '0.png'), join(folder, 'stray.png'));
  expect((await ownData(folder, { skipBroken: true })).notes.join('\n')).toMatch(
    /left out of .*pictures, .*: stray\.png/,
  );
});

it('says what was mistyped or cannot be', async () => {
  for (const [argv, message] of [
    [['--data', 'mnsit'], /did you mean 'mnist'/],
    [['--data', people, '--target', 'pice'], /did you mean 'price'/],
    [['--data', people, '--model', 'smal-cnn'], /did you mean 'small-cnn'/],
    [['--data', people, '--model', 'small-cnn'], /leave out --model/],
    [['--data', 'mnist', '--target', 'x'], /--target does not go with mnist/],
    [['--data', people, '--as', 'age=numbr'], /did you mean 'number'/],
    [['--data', people, '--model', import.meta.dirname], /is a folder without a model/],
    [['--data', people, '--model', `${import.meta.dirname}/own-data.test.js`], /did you mean .*own-data\.test\.ts/],
  ] as const) {
    const { code, err } = await run(['train', ...argv, '--out', join(scratch, 'none')]);
    expect([code === 0, err]).toEqual([false, expect.stringMatching(message)]);
  }
});

it('writes predictions whole or not at all, into no file that is there, and takes text for no number', async () => {
  const rows = (n: number, odd = '') =>
    Array.from({ length: n }, (_, i) => `${i === n - 1 && odd ? odd : i * 1.5},${i % 2}\n`).join('');
  const file = async (name: string, text: string) => {
    await writeFile(join(scratch, name), text);
    return join(scratch, name);
  };
  const [model, out] = [join(scratch, 'whole'), join(scratch, 'said/whole.csv')];
  const data = await file('whole.csv', `a,y\n${rows(40)}`);
  const trained = await run(['train', '--data', data, '--method', 'uniform', '--epochs', '1', '--out', model]);
  expect(trained.code).toBe(0);
  const odd = await file('odd.csv', `a,y\n${rows(600, '"10,239.90"')}`);
  const refused = await run(['predict', '--model', model, '--data', odd, '--out', out]);
  expect([refused.code, refused.err]).toEqual([
    1,
    expect.stringMatching(/odd\.csv, line 601.*column a has '10,239\.90', which is no number/s),
  ]);
  expect(existsSync(out)).toBe(false);
  const skipped = await run(['predict', '--model', model, '--data', odd, '--out', out, '--skip-broken']);
  expect([skipped.code, skipped.err]).toEqual([0, expect.stringMatching(/left out: odd\.csv, line 601/)]);
  const written = await readFile(out, 'utf8');
  expect(written.trim().split('\n')).toHaveLength(600);
  const again = await run(['predict', '--model', model, '--data', data, '--out', out]);
  expect([again.code, again.err]).toEqual([1, expect.stringMatching(/whole\.csv exists already/)]);
  expect(await readFile(out, 'utf8')).toBe(written);
  // A column that the user says is of numbers, whatever else it has, is missing there.
  const forced = join(scratch, 'forced');
  const mixed = await file('mixed.csv', `a,y\n${rows(40).replace('1.5,', 'unknown,')}`);
  expect(
    (await run(['train', '--data', mixed, '--as', 'a=number', '--method', 'uniform', '--epochs', '1', '--out', forced]))
      .code,
  ).toBe(0);
  expect((await run(['predict', '--model', forced, '--data', odd])).err).toMatch(/column a is missing in 1 row/);
});

it('trains a model further on data that is prepared as that of its training was', async () => {
  const columns = ['age', 'city', 'bought'] as const;
  const row = (i: number, shift = 0) => ({
    age: (i % 37) + shift,
    city: ['Bern', 'Paris', 'Oslo'][i % 3],
    bought: i % 37 > 18 ? 'yes' : 'no',
  });
  const csv = async (
    name: string,
    order: readonly (keyof ReturnType<typeof row>)[],
    shift = 0,
    rename = (text: string) => text,
  ) => {
    const lines = Array.from({ length: 120 }, (_, i) =>
      order.map((column) => rename(String(row(i, shift)[column]))).join(),
    );
    await writeFile(join(scratch, name), `${[order.join(), ...lines].join('\n')}\n`);
    return join(scratch, name);
  };
  const [first, further, again] = ['first', 'further', 'again'].map((name) => join(scratch, `alike-${name}`));
  const common = ['--method', 'uniform', '--target', 'bought', '--json'];
  const train = async (words: readonly string[]) => {
    const { code, out, err } = await run(['train', ...words]);
    expect([code, err.match(/failed|Error/)]).toEqual([0, null]);
    return JSON.parse(out) as { results: { testError: number; trainLoss: number }[] };
  };
  await train(['--data', await csv('alike.csv', columns), ...common, '--epochs', '20', '--out', first]);
  // Other columns first, and people twenty years older: scales and places are those of the first file.
  const other = await csv('alike-other.csv', ['city', 'bought', 'age'], 20);
  const still = ['--model', first, '--learning-rate', '1e-12', '--optimizer', 'sgd', '--epochs', '1'];
  const { err } = await run(['train', '--data', other, ...common, ...still, '--out', further]);
  expect(err).toMatch(/prepared as the data of .*alike-first was/);
  const prepared = async (folder: string) => readFile(join(folder, 'model/data.json'), 'utf8');
  expect(await prepared(further)).toBe(await prepared(first));
  const said = async (folder: string) => (await run(['predict', '--model', folder, '--data', other])).out;
  expect(await said(further)).toBe(await said(first));
  // It is resumed so, from a run whose model is gone.
  const before = await prepared(further);
  await rm(first, { recursive: true });
  await train(['--resume', further, '--epochs', '2', '--json']);
  expect(await prepared(further)).toBe(before);
  const classes = await csv('alike-classes.csv', columns, 0, (text) => text.replace(/^yes$/, 'perhaps'));
  const refused = await run(['train', '--data', classes, ...common, '--model', further, '--out', again]);
  expect([refused.code, refused.err]).toEqual([
    1,
    expect.stringMatching(/the target is 'perhaps', a class that the training rows do not have/),
  ]);
});

it('goes on with a run from another folder than the one it was begun in', async () => {
  const [here, run1] = [process.cwd(), join(scratch, 'moved')];
  await writeFile(
    join(scratch, 'moved.csv'),
    `a,y\n${Array.from({ length: 40 }, (_, i) => `${i * 1.5},${i % 2}\n`).join('')}`,
  );
  process.chdir(scratch);
  try {
    const begun = await run([
      'train',
      '--data',
      'moved.csv',
      '--no-header',
      '--target',
      'column 2',
      '--task',
      'classification',
      '--epochs',
      '1',
      '--out',
      run1,
    ]);
    expect([begun.code, begun.err]).toEqual([1, expect.stringMatching(/it is not clear what column/)]);
    const trained = await run(['train', '--data', 'moved.csv', '--header', '--epochs', '1', '--out', run1]);
    expect(trained.code).toBe(0);
  } finally {
    process.chdir(here);
  }
  const resumed = await run(['train', '--resume', run1, '--epochs', '2']);
  expect([resumed.code, resumed.err.match(/failed|Error/)]).toEqual([0, null]);
});

it('refuses what a table cannot be asked for, and races on one of few rows', async () => {
  const lines = Array.from({ length: 60 }, (_, i) => `${i * 1.5},${i % 2},${i * i}`);
  const data = join(scratch, 'few.csv');
  await writeFile(data, `a,y,row\n${lines.join('\n')}\n`);
  const refused = async (...words: string[]) => {
    const { code, err } = await run(words);
    // By the values of the options alone, or by the data.
    expect(code).toBe(words.includes('--presample') ? 2 : 1);
    return err;
  };
  const train = ['train', '--data', data, '--epochs', '1', '--out', join(scratch, 'few')];
  for (const loss of ['meanSquaredLogarithmicError', 'meanAbsolutePercentageError', 'poisson']) {
    expect(await refused(...train, '--target', 'row', '--loss', loss)).toMatch(/is of amounts, and targets are scaled/);
  }
  expect(await refused(...train, '--target', 'row', '--as', 'row=ignore')).toMatch(
    /as does not say what the target row is/,
  );
  expect(await refused(...train, '--method', 'uniform', '--presample', '3')).toMatch(/expected none/);
  const raced = await run([
    'race',
    '--data',
    data,
    '--target',
    'y',
    '--seconds',
    '0.3',
    '--quiet',
    '--out',
    join(scratch, 'few-race'),
  ]);
  expect([raced.code, raced.err.match(/failed|Error/)]).toEqual([0, null]);
  // A target whose name is that of a column beside the predictions.
  const out = join(scratch, 'named');
  const named = await run([
    'train',
    '--data',
    data,
    '--target',
    'row',
    '--method',
    'uniform',
    '--epochs',
    '1',
    '--out',
    out,
  ]);
  expect(named.code).toBe(0);
  const said = (...more: string[]) => run(['predict', '--model', out, '--data', data, ...more]);
  expect((await said()).out.split('\n')[0]).toBe('_row,row');
  const first = JSON.parse((await said('--json')).out.split('\n')[0]);
  expect([first._row, typeof first.row]).toEqual(['few.csv, line 2', 'number']);
  const stop = new AbortController();
  stop.abort();
  const file = join(scratch, 'stopped.csv');
  expect((await run(['predict', '--model', out, '--data', data, '--out', file], stop.signal)).code).toBe(130);
  expect(existsSync(file)).toBe(false);
});
