/** Exported models give ONNX Runtime the numbers of `model.predict`, for batches of any size. */
import * as tf from '@tensorflow/tfjs';
import proto from 'onnx-proto';
import * as ort from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import { exportOnnx, fit, UnequalError } from '../../src/index.ts';

const { layers } = tf;
let seed = 0;
const init = () => tf.initializers.glorotUniform({ seed: ++seed });

function chain(inputShape: number[], ...rest: tf.layers.Layer[]): tf.LayersModel {
  const input = tf.input({ shape: inputShape });
  const output = rest.reduce((x, layer) => layer.apply(x) as tf.SymbolicTensor, input);
  return tf.model({ inputs: input, outputs: output });
}

const kinds: Record<string, () => tf.LayersModel> = {
  dense: () =>
    chain(
      [5],
      layers.dense({ units: 7, activation: 'relu', kernelInitializer: init() }),
      layers.dense({ units: 3, activation: 'softmax', kernelInitializer: init() }),
    ),
  sequential: () => tf.sequential({ layers: [layers.dense({ inputShape: [4], units: 3, kernelInitializer: init() })] }),
  activations: () =>
    chain(
      [5],
      layers.elu(),
      layers.leakyReLU(),
      layers.reLU({ maxValue: 2 }),
      layers.thresholdedReLU({ theta: 0.1 }),
      layers.dense({ units: 4, activation: 'tanh', kernelInitializer: init() }),
      layers.softmax(),
    ),
  convolution: () =>
    chain(
      [9, 8, 2],
      layers.conv2d({ filters: 4, kernelSize: 3, padding: 'same', activation: 'relu', kernelInitializer: init() }),
      layers.maxPooling2d({ poolSize: 2 }),
      layers.conv2d({ filters: 3, kernelSize: 2, strides: 2, kernelInitializer: init() }),
      layers.flatten(),
      layers.dense({ units: 3, kernelInitializer: init() }),
    ),
  'separable, padded, cropped, upsampled': () =>
    chain(
      [6, 6, 3],
      layers.zeroPadding2d({ padding: 1 }),
      layers.separableConv2d({ filters: 4, kernelSize: 3, depthwiseInitializer: init(), pointwiseInitializer: init() }),
      layers.upSampling2d({ size: [2, 2] }),
      layers.cropping2D({
        cropping: [
          [1, 1],
          [2, 2],
        ],
      }),
      layers.depthwiseConv2d({ kernelSize: 2, depthwiseInitializer: init() }),
      layers.averagePooling2d({ poolSize: 2 }),
      layers.globalAveragePooling2d({ dataFormat: 'channelsLast' }),
    ),
  'transposed convolution': () =>
    chain(
      [4, 4, 2],
      layers.conv2dTranspose({ filters: 3, kernelSize: 3, strides: 2, padding: 'same', kernelInitializer: init() }),
      layers.globalMaxPooling2d({ dataFormat: 'channelsLast' }),
    ),
  'one dimension': () =>
    chain(
      [12, 3],
      layers.conv1d({ filters: 4, kernelSize: 3, kernelInitializer: init() }),
      layers.maxPooling1d({ poolSize: 2 }),
      layers.globalAveragePooling1d(),
    ),
  normalisation: () =>
    chain(
      [6, 6, 3],
      layers.conv2d({ filters: 4, kernelSize: 3, kernelInitializer: init() }),
      layers.batchNormalization(),
      layers.layerNormalization(),
      layers.globalMaxPooling2d({ dataFormat: 'channelsLast' }),
    ),
  'dropout and noise, which are off': () =>
    chain(
      [6],
      layers.dropout({ rate: 0.5 }),
      layers.gaussianNoise({ stddev: 1 }),
      layers.gaussianDropout({ rate: 0.3 }),
      layers.alphaDropout({ rate: 0.2 }),
      layers.dense({ units: 2, kernelInitializer: init() }),
    ),
  shapes: () =>
    chain(
      [6, 4],
      layers.permute({ dims: [2, 1] }),
      layers.reshape({ targetShape: [3, 8] }),
      layers.timeDistributed({ layer: layers.dense({ units: 5, kernelInitializer: init() }) }),
      layers.flatten(),
      layers.repeatVector({ n: 3 }),
    ),
  lstm: () =>
    chain(
      [7, 3],
      layers.lstm({ units: 5, returnSequences: true, kernelInitializer: init(), recurrentInitializer: init() }),
      layers.lstm({ units: 4, kernelInitializer: init(), recurrentInitializer: init() }),
    ),
  'gru, simple and bidirectional': () =>
    chain(
      [5, 3],
      layers.bidirectional({
        layer: layers.gru({
          units: 4,
          returnSequences: true,
          kernelInitializer: init(),
          recurrentInitializer: init(),
        }) as tf.RNN,
        mergeMode: 'concat',
      }),
      layers.simpleRNN({ units: 3, kernelInitializer: init(), recurrentInitializer: init() }),
    ),
  'two inputs, two outputs, merged': () => {
    const [a, b] = [tf.input({ shape: [4], name: 'left' }), tf.input({ shape: [4], name: 'right' })];
    const sum = layers.add().apply([a, b]) as tf.SymbolicTensor;
    const both = layers
      .concatenate()
      .apply([
        layers.multiply().apply([a, sum]) as tf.SymbolicTensor,
        layers.maximum().apply([b, sum]) as tf.SymbolicTensor,
      ]) as tf.SymbolicTensor;
    const dot = layers.dot({ axes: 1 }).apply([a, b]) as tf.SymbolicTensor;
    return tf.model({
      inputs: [a, b],
      outputs: [
        layers.dense({ units: 2, kernelInitializer: init(), name: 'head' }).apply(both) as tf.SymbolicTensor,
        dot,
      ],
    });
  },
  'an input that is handed through': () => {
    const x = tf.input({ shape: [3] });
    return tf.model({ inputs: x, outputs: layers.activation({ activation: 'linear' }).apply(x) as tf.SymbolicTensor });
  },
};

const namesOf = (model: tf.LayersModel) => ((model as unknown as { model?: tf.LayersModel }).model ?? model).inputNames;

async function run(bytes: Uint8Array, model: tf.LayersModel, batch: number) {
  const xs = model.inputs.map(({ shape }, k) =>
    tf.randomNormal([batch, ...(shape.slice(1) as number[])], 0, 1, 'float32', 7 + k),
  );
  const session = await ort.InferenceSession.create(bytes);
  const feeds = Object.fromEntries(
    xs.map((x, k) => [namesOf(model)[k], new ort.Tensor('float32', x.dataSync() as Float32Array, x.shape)]),
  );
  const got = await session.run(feeds);
  const said = model.predict(xs) as tf.Tensor | tf.Tensor[];
  return { got: session.outputNames.map((name) => got[name]), expected: Array.isArray(said) ? said : [said], session };
}

describe('exportOnnx', () => {
  it('leaves a compiled model compiled, also in the middle of its training', async () => {
    const model = kinds.sequential();
    model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
    const { optimizer } = model;
    const [x, y] = [tf.ones([8, 4]), tf.ones([8, 3])];
    const args = {
      epochs: 2,
      verbose: 0,
      callbacks: { onEpochEnd: async () => void (await exportOnnx(model)) },
    } as const;
    expect((await fit(model, x, y, args)).epoch).toEqual([0, 1]);
    expect(model.optimizer).toBe(optimizer);
    await model.fit(x, y, { verbose: 0 });
  });

  it.each(Object.entries(kinds))('%s', { timeout: 120_000 }, async (_, make) => {
    const model = make();
    const bytes = await exportOnnx(model);
    for (const batch of [1, 2, 5]) {
      const { got, expected } = await run(bytes, model, batch);
      for (const [k, tensor] of expected.entries()) {
        expect(got[k].dims).toEqual(tensor.shape);
        const [a, b] = [got[k].data as Float32Array, tensor.dataSync()];
        for (let i = 0; i < b.length; i++)
          expect(Math.abs(a[i] - b[i])).toBeLessThanOrEqual(1e-5 * Math.max(1, Math.abs(b[i])));
      }
    }
  });

  it('looks embeddings up', async () => {
    const model = tf.sequential({
      layers: [
        layers.embedding({ inputDim: 10, outputDim: 3, inputLength: 4, embeddingsInitializer: init() }),
        layers.globalAveragePooling1d(),
      ],
    });
    const session = await ort.InferenceSession.create(await exportOnnx(model));
    const type = session.inputMetadata[0];
    const words = [1, 2, 3, 4, 9, 8, 0, 1];
    const feed =
      'type' in type && type.type === 'int32'
        ? new ort.Tensor('int32', Int32Array.from(words), [2, 4])
        : new ort.Tensor('float32', Float32Array.from(words), [2, 4]);
    const got = await session.run({ [session.inputNames[0]]: feed });
    const expected = (model.predict(tf.tensor2d(words, [2, 4])) as tf.Tensor).dataSync();
    expect(Array.from(got[session.outputNames[0]].data as Float32Array)).toEqual(
      Array.from(expected, (v) => expect.closeTo(v, 5)),
    );
  });

  it('has an open batch axis, the names of the model, and operations of ONNX alone', async () => {
    const { graph } = proto.onnx.ModelProto.decode(await exportOnnx(kinds['two inputs, two outputs, merged']()));
    expect(graph?.input?.map(({ name }) => name)).toEqual(['left', 'right']);
    const dims = graph?.input?.[0].type?.tensorType?.shape?.dim?.map(
      ({ dimParam, dimValue }) => dimParam || Number(dimValue),
    );
    expect(dims).toEqual(['batch', 4]);
    for (const make of [kinds.lstm, kinds.shapes, kinds.convolution]) {
      const { graph: other } = proto.onnx.ModelProto.decode(await exportOnnx(make()));
      expect(other?.node?.map(({ domain }) => domain).filter(Boolean)).toEqual([]);
    }
  });

  it('has its outputs in the order of the model, also those that are called by numbers', async () => {
    const x = tf.input({ shape: [3], name: 'x' });
    const b = layers.dense({ units: 2, name: 'b', kernelInitializer: init() }).apply(x) as tf.SymbolicTensor;
    const named = (name: string) => layers.activation({ activation: 'tanh', name }).apply(b) as tf.SymbolicTensor;
    const model = tf.model({ inputs: x, outputs: [b, named('2'), named('1')] });
    const session = await ort.InferenceSession.create(await exportOnnx(model));
    expect(session.outputNames).toEqual(['b', '2', '1']);
    const given = new ort.Tensor('float32', Float32Array.of(1, -2, 3), [1, 3]);
    const got = await session.run({ x: given });
    const expected = model.predict(tf.tensor2d([[1, -2, 3]])) as tf.Tensor[];
    for (const [k, name] of session.outputNames.entries()) {
      expect(got[name].data[0]).toBeCloseTo(expected[k].dataSync()[0], 5);
    }
  });

  it('has the weights of the moment, after training', async () => {
    const model = kinds.dense();
    const before = await exportOnnx(model);
    model.compile({ optimizer: tf.train.sgd(0.5), loss: 'meanSquaredError' });
    await model.fit(tf.ones([8, 5]), tf.zeros([8, 3]), { epochs: 2, verbose: 0 });
    const { got, expected } = await run(await exportOnnx(model), model, 3);
    expect(Array.from(got[0].data as Float32Array)).toEqual(
      Array.from(expected[0].dataSync(), (v) => expect.closeTo(v, 5)),
    );
    const old = await run(before, model, 3);
    expect(Array.from(old.got[0].data as Float32Array)).not.toEqual(
      Array.from(expected[0].dataSync(), (v) => expect.closeTo(v, 5)),
    );
  });

  class Own extends layers.Layer {
    static className = 'Own';
    constructor(private readonly what: (x: tf.Tensor) => tf.Tensor) {
      super({ name: 'mine' });
    }
    override call(x: tf.Tensor | tf.Tensor[]): tf.Tensor {
      return this.what(Array.isArray(x) ? x[0] : x);
    }
    override computeOutputShape(shape: tf.Shape): tf.Shape {
      return shape;
    }
  }
  it.each([
    ['reads a value', (x: tf.Tensor) => x.mul(x.sum().dataSync()[0])],
    ['draws', (x: tf.Tensor) => x.add(tf.randomNormal(x.shape))],
    ['goes by the batch size', (x: tf.Tensor) => (x.shape[0] > 220 ? x.mul(2) : x.add(1).mul(2))],
    ['multiplies by the batch size', (x: tf.Tensor) => x.mul(x.shape[0])],
  ])('refuses a layer that %s, by its name', async (_, what) => {
    const error = await exportOnnx(chain([3], layers.dense({ units: 3 }), new Own(what))).catch((thrown) => thrown);
    expect(error).toBeInstanceOf(UnequalError);
    expect(error.message).toContain('layer mine (Own)');
  });

  it('refuses what is no model, one that is not built, and open axes', async () => {
    await expect(exportOnnx(tf.sequential())).rejects.toThrow(/not built/);
    await expect(exportOnnx({} as tf.LayersModel)).rejects.toThrow(/no model to export/);
    const open = tf.sequential({ layers: [layers.lstm({ inputShape: [null as unknown as number, 3], units: 2 })] });
    await expect(exportOnnx(open)).rejects.toThrow(/more open axes/);
  });
});
