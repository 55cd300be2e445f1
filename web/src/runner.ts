/** A worker that trains one network by one method and tells what it sees. */

import * as tf from '@tensorflow/tfjs';
import { fit, importance, type Method, type Samples, type StepReport, uniform } from '../../src/index.ts';
import { methodNamed } from '../../src/methods/registry.ts';
import { mlp } from '../../src/models/mlp.ts';
import { awakeClock } from './awake-clock.ts';
import { Body } from './body.ts';
import { fitting } from './edits.ts';
import { loadBackend } from './load-backend.ts';
import { type MethodName, type Order, pointsPerRace, type Told, type Visit } from './messages.ts';
import { loadTask, type Task } from './tasks.ts';

/** So few samples are memorised after some passes. That would be the end of it by default, before there is anything to see. */
const rule = { memorised: 0.02 };

const make = (name: MethodName): Method =>
  name === 'importance'
    ? importance({ rule })
    : name === 'fresh scores'
      ? importance({ scores: 'fresh' })
      : methodNamed(name);

/** Points of the plane along one side of the picture of what the network says of it. */
const grid = 36;
/** Visits of a sample that are remembered. */
const remembered = 24;
/** Milliseconds between two messages about a batch. */
const pause = 80;

const tell = (told: Told): void => postMessage(told);

let wait = 0;
let steps = 0;
let wake = () => {};
/** Changes of samples that came before there were samples. */
const early = new Map<number, number | null>();
let edit = (index: number, label: number | null): void => {
  early.set(index, label);
};

let body: Body | undefined;

self.onmessage = ({ data: order }: MessageEvent<Order>) => {
  obey(order)?.catch((error) => tell({ type: 'failed', message: String(error?.message ?? error) }));
};

function obey(order: Order): Promise<void> | undefined {
  if (order.type === 'start') return start(order);
  if (order.type === 'network') return loadBody(order);
  if (order.type === 'features') return sendFeatures(order);
  if (order.type === 'edit') {
    edit(order.index, order.label);
    return;
  }
  if (order.type === 'pace') wait = order.wait;
  else steps++;
  wake();
}

async function loadBody({ source }: Extract<Order, { type: 'network' }>): Promise<void> {
  await loadBackend();
  body = await Body.load(source);
  tell({ type: 'loaded' });
}

async function sendFeatures({ pictures }: Extract<Order, { type: 'features' }>): Promise<void> {
  tell({ type: 'features', rows: await body!.features(pictures) });
}

/** Resolves when the next step may be made. */
async function turn(): Promise<void> {
  while (wait === Infinity && steps === 0) {
    await new Promise<void>((resolve) => {
      wake = resolve;
    });
  }
  if (wait === Infinity) steps--;
  else if (wait > 0) {
    await new Promise<void>((resolve) => {
      wake = resolve;
      setTimeout(resolve, wait);
    });
  }
}

async function start(order: Extract<Order, { type: 'start' }>): Promise<void> {
  for (const [index, label] of order.edits) edit(index, label);
  await loadBackend();
  const task = await loadTask(order.task, order, order.own);
  const { train, classes, width } = task;
  const [hidden, rate] = { digits: [[64, 64], 0.005], spirals: [[32, 32], 0.05], own: [[32], 0.01] }[order.task] as [
    number[],
    number,
  ];
  const network = (): tf.LayersModel => {
    const model = mlp({ inputSize: width, hidden, classes: classes.length, seed: order.seed });
    model.compile({ optimizer: tf.train.momentum(rate, 0.9), loss: 'categoricalCrossentropy' });
    return model;
  };
  const model = network();
  const kept = new Float32Array(train.labels.length).fill(1);
  edit = (index, label) => {
    kept[index] = label === null ? 0 : 1;
    if (label !== null) train.labels[index] = label;
  };
  for (const [index, label] of fitting(early, task)) edit(index, label);
  const samples = samplesOf(task, kept);
  // A presample is three times the batch; few pictures make a small one.
  const batchSize = order.task === 'own' ? Math.max(1, Math.min(8, Math.floor(train.labels.length / 3))) : 32;
  const common = { engine: 'eager', batchSize, seed: order.seed } as const;
  // What a browser does only once, such as making machine code, is on no clock.
  await fit(network(), samples, { ...common, method: make(order.method), seconds: 0.3 });
  if (order.trained) await fit(model, samples, { ...common, method: uniform(), epochs: 4 });
  const validate = evaluation(model, task);
  const picks = new Uint32Array(train.labels.length);
  const scores = new Float32Array(train.labels.length).fill(-1);
  const visits: Visit[][] = Array.from(picks, () => []);
  const every = order.seconds / pointsPerRace;
  let [due, told] = [0, 0];
  tell({ type: 'ready' });
  const history = await fit(model, samples, {
    ...common,
    method: make(order.method),
    seconds: order.seconds,
    now: awakeClock(),
    onStep: async (report) => {
      await look(report);
      await turn();
    },
  });
  tell({ type: 'point', point: { seconds: order.seconds, error: await validate() } });
  tell({ type: 'end', lines: history.explain({ detail: true }).split('\n') });

  async function look({ step, seconds, phase, indices, losses, switched, ...rest }: StepReport): Promise<void> {
    const { tau, resisted, against } = rest;
    indices.forEach((i, k) => {
      picks[i]++;
      scores[i] = losses[k];
      visits[i].push({ step, loss: losses[k] });
      if (visits[i].length > remembered) visits[i].shift();
    });
    if (switched) tell({ type: 'switch', ...switched, seconds });
    if (seconds >= due) {
      tell({ type: 'point', point: { seconds, error: await validate() } });
      if (order.task === 'spirals') tell({ type: 'regions', classes: await regions(model) });
      due = seconds + every;
    }
    if (performance.now() - told < pause && wait === 0) return;
    told = performance.now();
    const seen = { indices: [...indices], losses: [...losses], visits: Array.from(indices, (i) => visits[i]) };
    tell({
      type: 'batch',
      batch: { step, seconds, on: phase === 'importance', tau, resisted, against, ...seen },
      picks,
      scores,
    });
  }
}

function samplesOf({ train, width, classes }: Task, kept: Float32Array): Samples {
  return {
    length: train.labels.length,
    batch: (indices) => {
      const [x, y] = [new Float32Array(indices.length * width), new Float32Array(indices.length * classes.length)];
      for (let k = 0; k < indices.length; k++) {
        x.set(train.x.subarray(indices[k] * width, (indices[k] + 1) * width), k * width);
        y[k * classes.length + train.labels[indices[k]]] = 1;
      }
      return {
        xs: { data: x, shape: [indices.length, width], dtype: 'float32' },
        ys: { data: y, shape: [indices.length, classes.length], dtype: 'float32' },
        sampleWeight: Float32Array.from(indices, (i) => kept[i]),
      };
    },
  };
}

/** Share of the validation samples that the network gets wrong. */
function evaluation(model: tf.LayersModel, { validation, width }: Task): () => Promise<number> {
  const x = tf.tensor2d(validation.x, [validation.labels.length, width]);
  return async () => {
    const said = tf.tidy(() => (model.predict(x, { batchSize: validation.labels.length }) as tf.Tensor).argMax(1));
    const classes = await said.data();
    said.dispose();
    return validation.labels.reduce((sum, label, i) => sum + Number(classes[i] !== label), 0) / classes.length;
  };
}

async function regions(model: tf.LayersModel): Promise<Uint8Array> {
  const at = (k: number) => -1 + (2 * k + 1) / grid;
  const points = Float32Array.from({ length: 2 * grid * grid }, (_, i) =>
    i % 2 === 0 ? at((i >> 1) % grid) : at(Math.floor((i >> 1) / grid)),
  );
  const said = tf.tidy(() =>
    (model.predict(tf.tensor2d(points, [grid * grid, 2]), { batchSize: grid * grid }) as tf.Tensor).argMax(1),
  );
  const classes = Uint8Array.from(await said.data());
  said.dispose();
  return classes;
}
