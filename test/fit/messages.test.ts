/** What people hand to fit by mistake, and what they are told. */
import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect, it } from 'vitest';
import { UnequalError } from '../../src/errors.ts';
import { findLearningRate } from '../../src/fit/find-learning-rate.ts';
import { fit } from '../../src/fit/fit.ts';
import { fitDataset } from '../../src/fit/fit-dataset.ts';
import { irreducibleLosses } from '../../src/fit/irreducible-losses.ts';
import { race } from '../../src/fit/race.ts';
import { importance } from '../../src/methods/importance/importance.ts';
import { uniform } from '../../src/methods/uniform.ts';

beforeAll(() => tf.setBackend('cpu'));

const model = (): tf.LayersModel => {
  const made = tf.sequential({ layers: [tf.layers.dense({ units: 1, inputShape: [2] })] });
  made.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
  return made;
};
const rows = tf.data.zip({
  xs: tf.data.array([
    [1, 2],
    [3, 4],
  ]),
  ys: tf.data.array([[1], [2]]),
});
const pairs = tf.data
  .array([
    [1, 2],
    [3, 4],
  ])
  .batch(2);
const [x, y] = [tf.ones([4, 2]), tf.ones([4, 1])];
const samples = { length: 4, batch: (indices: ArrayLike<number>) => of(indices.length) };
const of = (n: number) => ({ xs: tf.ones([n, 2]), ys: tf.ones([n, 1]) });
it('text is quoted, and explain refuses names that it does not know', async () => {
  await expect(fit(model(), x, y, { seconds: any('1') })).rejects.toThrow(/got seconds: '1'/);
  await expect(fit(model(), x, y, { engine: any('gpu') })).rejects.toThrow(/got 'gpu'/);
  const history = await fit(model(), x, y, { epochs: 1, verbose: 0, engine: 'eager' });
  expect(() => history.explain(any({ details: true }))).toThrow(/unknown option of explain.*did you mean 'detail'/);
});

const any = (value: unknown): never => value as never;

it.each<[string, () => Promise<unknown>, RegExp]>([
  ['a dataset given to fit', () => fit(model(), any(rows.batch(2)), any({ epochs: 1 })), /call fitDataset\(model/],
  [
    'a dataset without batches',
    () => fitDataset(model(), any(rows)),
    /one sample, not a batch.*array of 2 numbers.*dataset\.batch/,
  ],
  [
    'tensors without a batch axis',
    () =>
      fitDataset(
        model(),
        any(
          tf.data.generator(function* () {
            yield { xs: tf.ones([2]), ys: tf.ones([1]) };
          }),
        ),
      ),
    /dataset\.batch/,
  ],
  [
    'a dataset of one tensor',
    () => fitDataset(model(), any(pairs)),
    /without xs or ys: got a tensor \[2,2\], expected \{ xs, ys \}/,
  ],
  [
    'a dataset of lists',
    () =>
      fitDataset(
        model(),
        any({
          iterator: function* () {
            yield [x.clone(), y.clone()];
          },
        }),
      ),
    /without xs or ys: got a list of 2/,
  ],
  [
    'sampleWeight in an element',
    () =>
      fitDataset(
        model(),
        any({
          iterator: function* () {
            yield { xs: x.clone(), ys: y.clone(), sampleWeight: [1] };
          },
        }),
      ),
    /sampleWeight, which fitDataset does not take/,
  ],
  [
    'sampleWeight for a stream',
    () => fitDataset(model(), any(rows.batch(2)), any({ sampleWeight: [1, 2] })),
    /sampleWeight means nothing on a stream/,
  ],
  [
    'batchSize for a stream',
    () => fitDataset(model(), any(rows.batch(2)), any({ batchSize: 2 })),
    /dataset\.batch\(size\)/,
  ],
  [
    'what others call validationBatches',
    () => fitDataset(model(), any(rows.batch(2)), any({ validationSteps: 2 })),
    /'validationSteps'.* here it is 'validationBatches'/,
  ],
  ['samples for fitDataset', () => fitDataset(model(), any(samples)), /not a stream: got Object.* call fit,/],
  [
    'a generator for fitDataset',
    () =>
      fitDataset(
        model(),
        any(
          (function* () {
            yield { xs: x, ys: y };
          })(),
        ),
      ),
    /not a stream: got a generator.* make one: tf\.data\.generator/,
  ],
  [
    'a stream for race',
    () => race(model, any(rows.batch(2)), [uniform()], { seconds: 1 }),
    /a stream was given to the samples of race/,
  ],
  [
    'a stream to test a race on',
    () => race(model, samples, [uniform()], { seconds: 1, test: any(rows.batch(2)) }),
    /a stream was given to test of race: .* expected samples of a known length/,
  ],
  [
    'a stream for irreducibleLosses',
    () => irreducibleLosses(model, any(rows.batch(2))),
    /a stream was given to the samples of irreducibleLosses/,
  ],
  [
    'a stream for findLearningRate',
    () => findLearningRate(model(), any(rows.batch(2))),
    /a stream was given to findLearningRate: .* expected samples of a known length/,
  ],
  [
    'an unbatched validation stream',
    () => fitDataset(model(), any(rows.batch(2)), { verbose: 0, validationData: any(rows) }),
    /one sample, not a batch.* \(in batch 0 of the validation stream\)/,
  ],
  [
    'arrays of arrays',
    () =>
      fit(
        model(),
        any([
          [1, 2],
          [3, 4],
        ]),
        any([[1], [2]]),
      ),
    /the inputs are a JavaScript array: got an array of arrays.*tf\.tensor/,
  ],
  [
    'an array of numbers for the targets',
    () => fit(model(), x, any([1, 2, 3, 4])),
    /the targets are a JavaScript array: got an array of numbers/,
  ],
  [
    'a dictionary of sample weights',
    () => fit(model(), x, y, { sampleWeight: any({ out: [1, 1, 1, 1] }) }),
    /sampleWeight is no list of numbers: got an object with the keys out/,
  ],
  ['the name of a method', () => fit(model(), x, y, { method: any('importance') }), /no method: got 'importance'/],
  // model.fit throws, too: what is meant is in no version of TensorFlow.js.
  [
    'shuffling batches',
    () => fit(model(), x, y, { shuffle: any('batch') }),
    /bad shuffle of fit: got 'batch', expected true or/,
  ],
  ['a method that was not called', () => fit(model(), x, y, { method: any(importance) }), /call it: importance\(\)/],
])('%s', async (_, call, message) => {
  const before = tf.memory().numTensors;
  const error = await call().then(
    () => undefined,
    (reason) => reason,
  );
  expect(error).toBeInstanceOf(UnequalError);
  expect(error.message).toMatch(message);
  // The model's two weights, and what the test itself made.
  expect(tf.memory().numTensors - before).toBeLessThanOrEqual(3);
});
