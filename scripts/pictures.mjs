// Draws docs/pictures/*.svg with the plots of the reports: one run of importance sampling and one of uniform sampling on
// digits of MNIST, by steps, so that the same pictures come out again. Needs the build: `npm run build`.
import { fileURLToPath } from 'node:url';
import * as tf from '@tensorflow/tfjs';
import { fit, importance, uniform } from 'unequal';
import { mnist, subset } from 'unequal/data';
import { mlp } from 'unequal/models';
import { curves, inks, writeFigures } from 'unequal/report';

const folder = fileURLToPath(new URL('../docs/pictures/', import.meta.url));
const epochs = 10;

tf.enableProdMode();
const { train, test } = await mnist();
const some = (samples, count) =>
  subset(
    samples,
    Int32Array.from({ length: count }, (_, i) => i),
  );
const flat = (samples) => ({
  length: samples.length,
  async batch(indices) {
    const { xs, ys } = await samples.batch(indices);
    return { xs: { ...xs, shape: [indices.length, 784] }, ys };
  },
});
const [training, held] = [flat(some(train, 10_000)), flat(some(test, 4000))];

async function run(method) {
  const model = mlp({ hidden: [128, 128], seed: 1 });
  model.compile({ optimizer: tf.train.momentum(0.02, 0.9), loss: 'categoricalCrossentropy', metrics: ['accuracy'] });
  const steps = [];
  const history = await fit(model, training, {
    ...{ method, epochs, batchSize: 64, seed: 1, validationData: held },
    onStep: ({ step, phase, lead, fitted, resistance, tau, worth, cost, switched }) => {
      if (switched) console.log(`${method.name}: step ${step} ${switched.on ? 'on' : 'off'}. ${switched.why}`);
      steps.push({ step, on: Number(phase === 'importance'), lead, fitted, resistance, tau, worth, cost });
    },
  });
  console.log(history.explain({ detail: true }), history.history.val_loss, history.history.val_acc);
  return { steps, history };
}

const [one, other] = [await run(importance()), await run(uniform())];
const perEpoch = (values, of = (value) => value) => values.map((value, k) => ({ x: k + 1, y: of(value) }));
const along = (name) =>
  one.steps.filter((step) => step[name] !== undefined).map((step) => ({ x: step.step, y: step[name] }));
const both = (of) =>
  new Map([
    ['importance', of(one)],
    ['uniform', of(other)],
  ]);
const switches = one.history.switches.map(({ step, on }) => `${on ? 'on' : 'off'} at step ${step}`).join(', ');
const last = one.steps.length - 1;
const level = (y) => [
  { x: 0, y },
  { x: last, y },
];
const x = { label: 'step' };
const setting = '10,000 digits of MNIST, a network of two layers of 128, batches of 64, seed 1.';

await writeFigures(folder, [
  curves({
    title: 'Validation error',
    caption: `Errors on 4,000 other digits after each epoch. ${setting}`,
    lines: both(({ history }) => perEpoch(history.history.val_acc, (accuracy) => 100 * (1 - accuracy))),
    inks: inks(['importance', 'uniform']),
    x: { label: 'epoch' },
    y: { label: 'validation error, %' },
  }),
  curves({
    title: 'Is there more to learn than to memorise?',
    name: 'memorised',
    caption: `m: what samples lose now, over what they lost when first seen. Below m₀ = 0.5 it is off; ${switches}. ${setting}`,
    lines: new Map([
      ['m', along('fitted')],
      ['m₀', level(0.5)],
    ]),
    inks: inks(['m', 'm₀']),
    x,
    y: { label: 'm' },
  }),
  curves({
    title: 'Is a step worth more than it costs?',
    name: 'worth',
    caption: `ω, in uniform steps, and c, what a step costs; ${switches}. ${setting}`,
    lines: new Map([
      ['ω', along('worth')],
      ['c', along('cost')],
    ]),
    inks: inks(['ω', 'c']),
    x,
    y: { label: 'uniform steps' },
  }),
]);
