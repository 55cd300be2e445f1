/** What a program may do with its models: train them, and what comes in between. */
import * as tf from '@tensorflow/tfjs';
import { optimizers } from '../compiler/optimizer-cases.ts';
import type { Held, Loss, Stage } from './course-stage.ts';
import { stream } from './program.ts';

const l = tf.layers;
const optimizerNames = Object.keys(optimizers);

type Doing = (stage: Stage, held: Held, n: number) => unknown;

const samples = (n: number) => 4 + (n % 9);
const layersWithWeights = ({ model }: Held) => model.layers.filter(({ weights }) => weights.length > 0);
const first = ({ model }: Held) => model.layers[1] as unknown as { [field: string]: unknown };

/** A model with its weights and optimizer in place of the one before. */
function replace(stage: Stage, held: Held, model: tf.LayersModel): void {
  held.model = model;
  stage.compile(held);
}

export const acts: { readonly [act: string]: Doing } = {
  async fit(stage, held, n) {
    const [x, y] = stage.data(held, samples(n));
    await stage.by.fit(held.model, x, y, { epochs: 1 + (n % 2), batchSize: 2 + (n % 4) });
    tf.dispose([x, y]);
  },
  async 'fit with validation'(stage, held, n) {
    const [x, y] = stage.data(held, samples(n) + 4);
    await stage.by.fit(held.model, x, y, { epochs: 2, batchSize: 3, validationSplit: 0.3 });
    tf.dispose([x, y]);
  },
  async 'fit that stops'(stage, held, n) {
    const [x, y] = stage.data(held, 12);
    const { model } = held;
    const callbacks = {
      onBatchEnd: async (batch: number) => {
        model.stopTraining = batch === n % 3;
      },
    };
    await stage.by.fit(model, x, y, { epochs: 2, batchSize: 3, callbacks });
    tf.dispose([x, y]);
  },
  async 'fit a stream'(stage, held, n) {
    const batches = stream(2 + (n % 2), (k) => {
      const [xs, ys] = stage.data(held, 3 + ((k + n) % 2));
      return { xs, ys };
    });
    await stage.by.fitDataset(held.model, batches, { epochs: 1 });
  },
  async 'train on a batch'(stage, held, n) {
    const [x, y] = stage.data(held, samples(n));
    stage.by.see(...((await held.model.trainOnBatch(x, y)) as number[]));
    tf.dispose([x, y]);
  },
  'a step of its own'(stage, held, n) {
    const [x, y] = stage.data(held, samples(n));
    const variables = held.model.trainableWeights.map((weight) => weight.read() as tf.Variable);
    held.optimizer.minimize(
      () => tf.losses.meanSquaredError(y, held.model.apply(x, { training: true }) as tf.Tensor) as tf.Scalar,
      false,
      variables,
    );
    tf.dispose([x, y]);
  },
  evaluate: (stage, held, n) =>
    tf.tidy(() => {
      const [x, y] = stage.data(held, samples(n));
      stage.by.see(...(held.model.evaluate(x, y) as tf.Scalar[]));
    }),
  predict: (stage, held, n) =>
    tf.tidy(() => stage.by.see(held.model.predict(stage.data(held, samples(n))[0]) as tf.Tensor)),
  'set weights': (_, { model }, n) =>
    tf.tidy(() => model.setWeights(model.getWeights().map((weight) => weight.mul(0.8 + (n % 3) / 10)))),
  'set a layer’s weights': (_, held, n) =>
    tf.tidy(() => {
      const layers = layersWithWeights(held);
      const layer = layers[n % layers.length];
      layer.setWeights(layer.getWeights().map((weight) => weight.mul(0.9)));
    }),
  'assign to a variable': (_, { model }, n) =>
    tf.tidy(() => {
      const variable = model.weights[n % model.weights.length].read() as tf.Variable;
      variable.assign(variable.mul(0.9));
    }),
  'copy from the other': ({ held: [one, two] }) =>
    tf.tidy(() => {
      if (one.model.weights.length === two.model.weights.length) one.model.setWeights(two.model.getWeights());
    }),
  'compile anew': (stage, held) => stage.compile(held),
  'compile with another optimizer'(stage, held, n) {
    held.optimizer = optimizers[optimizerNames[n % optimizerNames.length]]();
    stage.compile(held);
  },
  'compile with the other’s optimizer'(stage, held) {
    held.optimizer = stage.held.find((one) => one !== held)!.optimizer;
    stage.compile(held);
  },
  'compile with another loss'(stage, held, n) {
    const { captured } = stage;
    const losses: Loss[] = [
      'meanSquaredError',
      'meanAbsoluteError',
      (truth, answer) => tf.losses.huberLoss(truth, answer).mul(captured.factor),
      (truth, answer) => tf.tidy(() => tf.mean(tf.square(tf.sub(truth, answer)), -1).mul(captured.number)),
    ];
    held.loss = losses[n % losses.length];
    stage.compile(held);
  },
  'assign to what the loss reads': ({ captured }, _, n) =>
    tf.tidy(() => captured.factor.assign(tf.scalar(0.5 + (n % 3)))),
  'change a number that the loss reads'({ captured }, _, n) {
    captured.number = 0.5 + (n % 3);
  },
  'set the rate'(_, { optimizer }, n) {
    const rate = 0.01 * (1 + (n % 3));
    if ('setLearningRate' in optimizer) (optimizer as tf.SGDOptimizer).setLearningRate(rate);
    else (optimizer as unknown as { learningRate: number }).learningRate = rate;
  },
  freeze(_, held, n) {
    const layers = layersWithWeights(held);
    const layer = layers[n % layers.length];
    layer.trainable = !layer.trainable;
  },
  'freeze and compile'(stage, held, n) {
    const layers = layersWithWeights(held);
    const layer = layers[n % layers.length];
    layer.trainable = !layer.trainable;
    stage.compile(held);
  },
  'freeze the model'(stage, held, n) {
    held.model.trainable = !held.model.trainable;
    if (n % 2 === 0) stage.compile(held);
  },
  'exchange an activation'(_, held, n) {
    if (!('activation' in first(held))) return;
    const made = l.dense({ units: 1, activation: n % 2 === 0 ? 'sigmoid' : 'softplus' });
    first(held).activation = (made as unknown as { activation: unknown }).activation;
  },
  async 'keep the optimizer’s weights'(_, { optimizer }) {
    const kept = await optimizer.getWeights();
    await optimizer.setWeights(kept.map(({ name, tensor }) => ({ name, tensor: tensor.clone() })));
  },
  async 'save and load'(stage, held) {
    let artifacts: tf.io.ModelArtifacts | undefined;
    await held.model.save(
      tf.io.withSaveHandler(async (made) => {
        artifacts = made;
        return { modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: 'JSON' } };
      }),
    );
    replace(stage, held, await tf.loadLayersModel(tf.io.fromMemory(artifacts!)));
  },
  async 'make one of its JSON'(stage, held) {
    const model = await tf.models.modelFromJSON(held.model.toJSON(null, false) as unknown as tf.io.ModelJSON);
    model.setWeights(held.model.getWeights());
    replace(stage, held, model);
  },
  'put a model around it'(stage, held) {
    const outer = tf.sequential();
    outer.add(held.model);
    replace(stage, held, outer);
  },
  'put a layer behind it'(stage, held) {
    const { model } = held;
    const behind = l.dense({ units: 2, kernelInitializer: 'identity', useBias: false });
    const made = tf.model({
      inputs: model.inputs,
      outputs: behind.apply(model.outputs[0]) as tf.SymbolicTensor,
    });
    replace(stage, held, made);
  },
  'dispose of the optimizer'(stage, held) {
    const shared = stage.held.every(({ optimizer }) => optimizer === held.optimizer);
    if (!shared) held.optimizer.dispose();
    held.optimizer = optimizers.adam();
    stage.compile(held);
  },
};
