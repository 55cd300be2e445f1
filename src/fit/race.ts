import type * as tf from '@tensorflow/tfjs';
import type { Samples } from '../data/samples.ts';
import { fault } from '../errors.ts';
import { trainableModel } from '../learner/model.ts';
import { checkMethod } from '../methods/check-method.ts';
import type { Method } from '../methods/method.ts';
import { unknownName } from '../nearest.ts';
import { checkedOptions } from '../options.ts';
import { Random } from '../sampling/random.ts';
import type { Curve } from './curve.ts';
import { requireFresh } from './fresh-models.ts';
import { raceChecks } from './option-table.ts';
import { checkSamples, samplesProvider } from './provider.ts';
import type { RaceArgs } from './race-args.ts';
import { Racer } from './racer.ts';
import { LossWeights } from './weights.ts';

/**
 * Trains one fresh copy of a model per method for equal seconds each, in interleaved slices, so that a noisy machine is
 * noisy for all alike. Each method has its own clock, which evaluation does not move and scoring does. All start from
 * the same weights and see the same order of the data. A model whose optimizer keeps averages is judged by these.
 *
 * @param makeModel makes a compiled model with an optimizer of its own; called once for each method.
 * @throws UnequalError if two methods have the same name, two models the same optimizer or weights, or anything about model or samples is wrong. A method whose
 *   training fails is reported in its curve, and the others go on.
 *
 * @example
 * ```ts
 * const curves = await race(makeModel, samples, [uniform(), importance()], { seconds: 60 });
 * for (const { method, points } of curves) console.log(method, points.at(-1)?.trainLoss);
 * ```
 */
export async function race(
  makeModel: () => tf.LayersModel | Promise<tf.LayersModel>,
  samples: Samples,
  methods: readonly Method[],
  given: RaceArgs,
): Promise<Curve[]> {
  const args = checkedOptions('race', given, raceChecks);
  const { seconds, seed = 1, test, trainPart = 2000, signal } = args;
  checkRace(makeModel, methods, args);
  checkSamples('the samples of race', samples);
  const racers: Racer[] = [];
  try {
    const models: tf.LayersModel[] = [];
    for (const method of methods) {
      const model = await makeModel();
      const compiled = trainableModel(model);
      models.push(model);
      requireFresh('race', models);
      if (models.length > 1) model.setWeights(models[0].getWeights());
      const none = new LossWeights(compiled, undefined);
      const train = await samplesProvider(compiled, samples, undefined, none);
      const part = new Random(seed).fork('part').permutation(train.length).slice(0, trainPart);
      const held = test && (await samplesProvider(compiled, test, undefined, none));
      // As in fit, a batch larger than the data is all of the data.
      const batchSize = Math.min(args.batchSize ?? 32, train.length);
      racers.push(await Racer.create(model, method, train, { ...args, batchSize, seed, trainPart: part, test: held }));
    }
    const slice = args.slice ?? Math.min(2, Math.max(0.2, seconds / 60));
    const order = new Random(seed).fork('slices');
    for (const racer of racers) await racer.evaluate();
    while (racers.some((racer) => racer.running) && !signal?.aborted) {
      // A new order each round: whoever always followed the same neighbour would inherit the state of its caches.
      for (const k of order.permutation(racers.length)) {
        await racers[k].run(slice, signal);
        // Steps may block without a pause; signals, timers and the page need one.
        await new Promise((resolve) => setTimeout(resolve));
      }
    }
    for (const racer of racers) await racer.finish();
    return racers.map((racer) => racer.curve());
  } finally {
    for (const racer of racers) await racer.dispose();
  }
}

function checkRace(makeModel: unknown, methods: readonly Method[], { seconds, rateFactor }: RaceArgs): void {
  if (typeof makeModel !== 'function') {
    throw fault({ wrong: 'bad makeModel of race', got: makeModel, expected: 'a function that makes a compiled model' });
  }
  if (!Array.isArray(methods)) {
    throw fault({ wrong: 'bad methods of race', got: methods, expected: 'a list of methods, such as [uniform()]' });
  }
  if (methods.length === 0) throw fault({ wrong: 'no methods to race', expected: 'at least one' });
  if (seconds === undefined) throw fault({ wrong: 'no time to train', got: 'no seconds', expected: 'a number > 0' });
  for (const method of methods) checkMethod('race', method);
  const names = methods.map(({ name }) => name);
  const twice = names.find((name, k) => names.indexOf(name) < k);
  if (twice !== undefined) {
    throw fault({
      wrong: 'two methods of the same name',
      got: twice,
      mend: "give one of them another name: { ...method, name: 'another' }",
    });
  }
  const unknown = Object.keys(rateFactor ?? {}).find((name) => !names.includes(name));
  if (unknown !== undefined) throw unknownName('method in rateFactor', unknown, names);
}
