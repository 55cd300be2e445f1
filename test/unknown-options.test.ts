/** An option that there is not is refused by name, by everything that the package exports and that takes options. */
import { resolve } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import ts from 'typescript';
import { expect, it } from 'vitest';
import * as cluster from '../src/cluster/index.ts';
import { compile } from '../src/compiler/index.ts';
import * as data from '../src/data/index.ts';
import * as unequal from '../src/index.ts';
import { UnequalError } from '../src/index.ts';
import * as models from '../src/models/index.ts';
import * as report from '../src/report/index.ts';
import * as sampling from '../src/sampling/index.ts';

/** Options of one name too many, and what else each call needs. */
const no = { nonesuch: 1 } as never;
const images = {
  name: 'one',
  length: 1,
  inputShape: [2, 2, 1],
  classes: 1,
  classNames: ['a'],
  labels: Uint8Array.of(0),
  batch: () => ({
    xs: { data: new Float32Array(4), shape: [1, 2, 2, 1] },
    ys: { data: Float32Array.of(1), shape: [1, 1] },
  }),
} as unknown as data.LabelledImages;
const model = () => {
  const made = tf.sequential({ layers: [tf.layers.dense({ units: 1, inputShape: [2] })] });
  made.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
  return made;
};
const [x, y] = [tf.zeros([4, 2]), tf.zeros([4, 1])];

const calls: Readonly<Record<string, () => unknown>> = {
  advise: () => unequal.advise(model(), x, y, no),
  earlyStopping: () => unequal.earlyStopping(no),
  EarlyStopping: () => new unequal.EarlyStopping(no),
  findLearningRate: () => unequal.findLearningRate(model(), x, y, no),
  fit: () => unequal.fit(model(), x, y, no),
  fitDataset: () => unequal.fitDataset(model(), tf.data.array([]) as never, no),
  ModelCheckpoint: () => new unequal.ModelCheckpoint('x', no),
  ReduceLROnPlateau: () => new unequal.ReduceLROnPlateau(no),
  race: () => unequal.race(model, images, [unequal.uniform()], no),
  tensorBoard: () => unequal.tensorBoard({ dir: 'x', ...(no as object) } as never),
  approximate: () => unequal.approximate(no),
  constantTime: () => unequal.constantTime(no),
  constantVariance: () => unequal.constantVariance(no),
  importance: () => unequal.importance(no),
  lossSampling: () => unequal.lossSampling(no),
  paper2018: () => unequal.paper2018(no),
  hardMining: () => unequal.hardMining(no),
  hardestPairs: () => unequal.hardestPairs(no),
  pairLoss: () => unequal.pairLoss(no),
  tripletLoss: () => unequal.tripletLoss(no),
  oneCycle: () => unequal.oneCycle(no),
  evolvedSampling: () => unequal.evolvedSampling(no),
  infoBatch: () => unequal.infoBatch(no),
  onlineBatchSelection: () => unequal.onlineBatchSelection(no),
  prioritized: () => unequal.prioritized(no),
  randomSubset: () => unequal.randomSubset(no),
  rhoLoss: () => unequal.rhoLoss({ irreducible: Float32Array.of(1), ...(no as object) } as never),
  selectiveBackprop: () => unequal.selectiveBackprop(no),
  storedScores: () => unequal.storedScores(no),
  katyusha: () => unequal.katyusha(no),
  saga: () => unequal.saga(no),
  scsg: () => unequal.scsg(no),
  svrg: () => unequal.svrg(no),
  adamW: () => unequal.adamW(0.1, no),
  weightDecayed: () => unequal.weightDecayed(tf.train.sgd(0.1), { decay: 0.1, ...(no as object) } as never),
  averaged: () => unequal.averaged(tf.train.sgd(0.1), no),
  compile: () => compile(({ x }) => ({ x }), { x: { shape: [1] } }, no),
  aumCsv: () => [...unequal.aumCsv({} as never, no)],
  fiftyOneLines: () => [...unequal.fiftyOneLines({} as never, no)],
  uniform: () => unequal.uniform(no),
  gradientNorm: () => unequal.gradientNorm(no),
  semiHardMining: () => unequal.semiHardMining(no),
  irreducibleLosses: () => unequal.irreducibleLosses(model, images, no),
  loadSamples: () => data.loadSamples('mnist', no),
  samplesCsv: () => [...unequal.samplesCsv({} as never, no)],
  distribution: () => sampling.distribution([1, 2], no),
  AdaptiveSmoothing: () => new sampling.AdaptiveSmoothing(no),
  TauAverage: () => new sampling.TauAverage(no),
  checkData: () => data.checkData('mnist', no),
  getData: () => data.getData('mnist', no),
  loadData: () => data.loadData('mnist', no),
  imageFolder: () => data.imageFolder('x', no),
  mnist: () => data.mnist(no),
  ownData: () => data.ownData('x', no),
  pooled: () => data.pooled('x', no),
  augmented: () => data.augmented(images, no),
  pixelSequences: () => data.pixelSequences(images, no),
  zca: () => data.zca(images, no),
  lstm: () => models.lstm(no),
  mlp: () => models.mlp(no),
  mnistCnn: () => models.mnistCnn(no),
  smallCnn: () => models.smallCnn(no),
  smallModel: () => models.smallModel(no),
  wideResnet: () => models.wideResnet(no),
  historyReport: () => report.historyReport([], no),
  writeReport: () => report.writeReport([], 'x', no),
  distributedImportance: () => cluster.distributedImportance(no),
  dataParallel: () => cluster.dataParallel(no),
  scoringWorker: () => cluster.scoringWorker(model(), images, no),
  startServer: () => cluster.startServer(no),
};

it.each(Object.entries(calls))('%s refuses an option that there is not', async (_name, call) => {
  const called = (async () => call())();
  await expect(called).rejects.toThrow(UnequalError);
  await expect(called).rejects.toThrow(/unknown option of /);
});

/** Not called by users with options of their own, or layers that take options as those of TensorFlow.js do. */
const others = [
  'UnequalError',
  'ImageFolder',
  'exportOnnx',
  'SampleNormalization',
  'CompiledLearner',
  'Figure',
  'figure',
  'plot',
  'panels',
];

it('knows all that take options', { timeout: 120_000 }, () => {
  const entries = ['index', 'sampling/index', 'data/index', 'models/index', 'cluster/index'].map((name) =>
    resolve(`src/${name}.ts`),
  );
  const { options } = ts.getParsedCommandLineOfConfigFile('tsconfig.json', {}, {
    ...ts.sys,
    onUnRecoverableConfigFileDiagnostic: () => {},
  } as ts.ParseConfigFileHost)!;
  const program = ts.createProgram(entries, options);
  const checker = program.getTypeChecker();
  const found: string[] = [];
  for (const entry of entries) {
    const module = checker.getSymbolAtLocation(program.getSourceFile(entry)!)!;
    for (const exported of checker.getExportsOfModule(module)) {
      const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
      if (!(symbol.flags & (ts.SymbolFlags.Function | ts.SymbolFlags.Class))) continue;
      const type = checker.getTypeOfSymbol(symbol);
      const parameters = [...type.getCallSignatures(), ...type.getConstructSignatures()].flatMap(
        (one) => one.parameters,
      );
      const named = parameters.some((one) => /^(options|args|given)$/.test(one.name) || isOptions(checker, one));
      if (named) found.push(exported.name);
    }
  }
  expect(found.length).toBeGreaterThan(40);
  expect(found.filter((name) => !(name in calls) && !others.includes(name))).toEqual([]);
});

/** Whether it is an object of which every part may be left out. */
function isOptions(checker: ts.TypeChecker, parameter: ts.Symbol): boolean {
  const type = checker.getNonNullableType(checker.getTypeOfSymbol(parameter));
  const parts = type.isUnion() || checker.isArrayType(type) ? [] : type.getProperties();
  return parts.length > 0 && parts.every((part) => part.flags & ts.SymbolFlags.Optional);
}
