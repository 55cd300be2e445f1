/** Programs that must be accepted where the compiler is as strict as it can be, and knows nothing of a browser. */
import * as tf from '@tensorflow/tfjs';
import { fit, fitDataset, type History, importance, samplesCsv, writeSamples } from 'unequal';
import { compile } from 'unequal/compile';
import { loadData, ownData, relabelled } from 'unequal/data';
import { figure, plot } from 'unequal/report';

/** What `fit` has seen of samples is there; a stream has none. */
export async function samples(model: tf.LayersModel, x: tf.Tensor, y: tf.Tensor): Promise<string> {
  const history = await fit(model, x, y);
  const plain: History = history;
  await writeSamples('samples.bin', history.samples);
  const stream = await fitDataset(model, tf.data.array([{ xs: x, ys: y }]));
  // @ts-expect-error the samples of a stream have no index
  stream.samples.suspects(3);
  return samplesCsv(history.samples) + plain.explain();
}

/** What has labels, or may have them, can be relabelled. */
export async function labels(changes: ReadonlyMap<number, number>): Promise<void> {
  const { train } = await ownData('people.csv', { target: 'bought' });
  relabelled(train, changes).labels.slice();
  const { train: digits } = await loadData('mnist');
  relabelled(digits, changes).image(0);
  // @ts-expect-error what has neither shape nor labels
  relabelled({ length: 3, batch: train.batch }, changes);
}

/** The inputs and outputs of a compiled function have the names that they were given. */
export async function compiled(model: tf.LayersModel, x: tf.Tensor, y: tf.Tensor): Promise<number> {
  const step = compile(
    ({ x, y }) => ({ loss: tf.losses.meanSquaredError(y, model.apply(x) as tf.Tensor), rows: x.sum(1) }),
    { x: { shape: [null, 2] }, y: { shape: [null, 1], dtype: 'float32' } },
  );
  const { loss } = await step.run({ x, y }, { accept: ({ rows }) => rows.data.length > 0 });
  const result = await step.run({ x, y });
  // @ts-expect-error no output
  result.los;
  // @ts-expect-error no input
  compile(({ x, z }) => ({ y: x.add(z) }), { x: { shape: [null] } });
  // What is known only when it runs.
  const [names, inputs]: [string[], Record<string, tf.Tensor>] = [['x'], { x }];
  const specs = Object.fromEntries(names.map((name) => [name, { shape: [null] }]));
  const some = compile((given: Record<string, tf.Tensor>) => given, specs);
  const { x: same } = await some.run(inputs);
  await step.run(inputs);
  return (loss.data[0] ?? 0) + (result.loss.data[0] ?? 0) + (same?.data.length ?? 0);
}

/** An option that a program may not have itself. */
export async function options(model: tf.LayersModel, x: tf.Tensor, y: tf.Tensor, maybe?: number): Promise<void> {
  const method = importance({ rule: { discount: maybe }, presample: maybe });
  await fit(model, x, y, { batchSize: maybe, method, checkpoint: undefined });
}

export const drawn = figure({
  ...{ title: 'Nothing', caption: 'Empty.', name: undefined },
  draw: (size) => plot(size, { marks: [] }),
});
