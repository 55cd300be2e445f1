/**
 * The smallest program that uses every part of the library, as an installed package, wherever JavaScript runs. It returns
 * what it computed, to be compared with what Node computes.
 */
import * as tf from '@tensorflow/tfjs';
import { fit, importance, indexedDbStore, UnequalError, uniform } from 'unequal';
import { compile } from 'unequal/compile';
import { arraySamples, perClass } from 'unequal/data';
import { mlp } from 'unequal/models';
import { curves, page } from 'unequal/report';
import { distribution, Random, systematic } from 'unequal/sampling';

const size = 96;

/** Points in four classes, with inputs that any platform computes alike. */
export function points() {
  const random = new Random(3);
  const [x, y] = [new Float32Array(size * 6), new Float32Array(size * 4)];
  for (let i = 0; i < size; i++) {
    y[i * 4 + (i % 4)] = 1;
    for (let k = 0; k < 6; k++) x[i * 6 + k] = Math.fround(random.uniform() + (i % 4 === k ? 1 : 0));
  }
  const array = (data, width) => ({ data, shape: [size, width], dtype: 'float32' });
  return arraySamples(array(x, 6), array(y, 4));
}

export function network() {
  const model = mlp({ inputSize: 6, hidden: [8], classes: 4, seed: 5 });
  model.compile({ optimizer: tf.train.momentum(0.05, 0.9), loss: 'categoricalCrossentropy' });
  return model;
}

const weights = (model) => model.getWeights().flatMap((one) => [...one.dataSync()]);

/** A store of one's own. */
function memoryStore() {
  const kept = new Map();
  return {
    write: async (path, parts) => void kept.set(path, await new Blob(parts).arrayBuffer()),
    read: async (path) => new Uint8Array(kept.get(path)),
  };
}

/** Whether a run that stopped in the middle of an epoch ends, resumed, with the very weights of one that did not. */
async function resumes(engine, path, store) {
  const samples = points();
  const args = { engine, batchSize: 8, epochs: 3, seed: 1, method: importance({ start: 1.01 }), store };
  const whole = network();
  await fit(whole, samples, args);
  const stop = new AbortController();
  const onStep = ({ step }) => step === 16 && stop.abort();
  await fit(network(), samples, { ...args, checkpoint: { path, every: 5 }, signal: stop.signal, onStep });
  const resumed = network();
  await fit(resumed, samples, { ...args, resume: path });
  const expected = weights(whole);
  return weights(resumed).every((value, i) => Object.is(value, expected[i]));
}

async function refusesSecondRun(path) {
  const store = indexedDbStore();
  const release = await store.hold(path);
  const run = fit(network(), points(), { checkpoint: { path } });
  const refused = await run.then(
    () => false,
    (error) => error instanceof UnequalError && /another run/.test(error.message),
  );
  release();
  return refused;
}

/**
 * @param {{ engine: string, path: string, backend?: string, fitArgs?: object, tabs?: boolean }} how `path` is that of the
 *   checkpoint in the platform's own store.
 */
export async function program({ engine, path, backend = 'cpu', fitArgs = {}, tabs = false }) {
  await tf.setBackend(backend);
  const model = network();
  const { history } = await fit(model, points(), {
    ...{ engine, batchSize: 8, epochs: 3, seed: 1, method: uniform(), ...fitArgs },
  });
  const shares = distribution([1, 2, 3, 4], { mixture: 0.1 });
  const { rows } = systematic(shares, 8, new Random(1));
  const lines = new Map([['loss', history.loss.map((y, x) => ({ x, y }))]]);
  const inks = new Map([['loss', { color: 'currentColor' }]]);
  const figure = curves({
    title: 'Loss',
    caption: 'By epoch.',
    lines,
    inks,
    x: { label: 'epoch' },
    y: { label: 'loss' },
  });
  const result = {
    backend: tf.getBackend(),
    losses: history.loss,
    weights: weights(model),
    rows: [...rows],
    chosen: [
      ...perClass(
        Uint8Array.from({ length: 8 }, (_, i) => i % 2),
        [2, 2],
        1,
      ),
    ],
    report: /<svg/.test(page({ title: 'Loss', body: figure })),
    resumed: { own: await resumes(engine, path), given: await resumes(engine, 'run', memoryStore()) },
  };
  if (tabs) result.secondRunRefused = await refusesSecondRun(path);
  if (engine === 'compiled') {
    const square = compile(
      ({ x }) => ({ y: tf.square(x) }),
      { x: { shape: [null, 2] } },
      fitArgs.runtime && { runtime: fitArgs.runtime },
    );
    result.squares = [...(await square.run({ x: Float32Array.of(1, 2, 3, 4) })).y.data];
    await square.dispose();
  }
  return result;
}
