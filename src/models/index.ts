/**
 * The networks of the experiments.
 *
 * @module unequal/models
 */
export { type LstmOptions, lstm } from './lstm.ts';
export { type MlpOptions, mlp } from './mlp.ts';
export { type MnistCnnOptions, mnistCnn } from './mnist-cnn.ts';
export { SampleNormalization, type SampleNormalizationArgs } from './sample-normalization.ts';
export { type SmallCnnOptions, smallCnn } from './small-cnn.ts';
export { type SmallModelOptions, smallModel } from './small-model.ts';
export { type WideResnetOptions, wideResnet } from './wide-resnet.ts';
