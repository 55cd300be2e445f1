/** Trains a program by one of the ways there are, and writes down everything that can be seen of it. */
import * as tf from '@tensorflow/tfjs';
import { UnequalError } from '../../src/errors.ts';
import { fit } from '../../src/fit/fit.ts';
import { fitDataset } from '../../src/fit/fit-dataset.ts';
import type { FitArgs, FitDatasetArgs } from '../../src/fit/options.ts';
import { uniform } from '../../src/methods/uniform.ts';
import type { Args, DatasetArgs, Program, Stream, Tensors, Trainer } from './program.ts';

/** `unwatched` is `auto` with no callback between the batches but the program's own, so that nothing looks. */
/** `'short'` is `'auto'` as everyone has it, where a few steps are not compiled. */
export type Way = 'model.fit' | 'auto' | 'short' | 'unwatched' | 'eager' | 'importance';

/** One observation: what it is of, in words, and its numbers. */
export interface Note {
  readonly of: string;
  readonly numbers: readonly number[];
}

export interface Record_ {
  readonly notes: Note[];
  /** Of calls of callbacks, in order, with the names of their logs. */
  readonly calls: string[];
  readonly warnings: string[];
  /** Batches that were begun. */
  steps: number;
  error?: unknown;
  /** Models whose training was asked for. */
  readonly models: Set<tf.LayersModel>;
  /** How many notes and calls there were when the program itself had ended. */
  ran: { notes: number; calls: number };
  /** What is wrong whatever `model.fit` does: the backend, the user's tensors. */
  readonly faults: string[];
}

/** A training as it was last asked for, one epoch of it and without its callbacks. */
interface Last {
  /** Its tensors, which a program may have disposed of since. */
  readonly tensors: readonly tf.Tensor[];
  readonly again: (by: Trainer) => Promise<tf.History>;
}

export async function record(program: Program, way: Way): Promise<Record_> {
  const out: Record_ = {
    notes: [],
    calls: [],
    warnings: [],
    steps: 0,
    models: new Set(),
    ran: { notes: 0, calls: 0 },
    faults: [],
  };
  const owned: tf.Tensor[] = [];
  const last = new Map<tf.LayersModel, Last>();
  const by = trainer(way, out, owned, last);
  const { warn, log } = console;
  const before = { backend: tf.getBackend(), scopes: scopes() };
  console.warn = (...text: unknown[]) => out.warnings.push(text.map(String).join(' '));
  console.log = () => {};
  try {
    await program.run(by);
    out.ran = { notes: out.notes.length, calls: out.calls.length };
    if (way !== 'importance' && way !== 'unwatched' && !program.once) {
      for (const [model, { tensors, again }] of [...last]) {
        if (!tensors.some((tensor) => tensor.isDisposed)) await afterwards(model, again, by, way, out);
      }
    }
  } catch (error) {
    out.error = error;
  } finally {
    console.warn = warn;
    console.log = log;
  }
  if (tf.getBackend() !== before.backend) {
    out.faults.push(`the backend was ${before.backend} and is ${tf.getBackend()}`);
    await tf.setBackend(before.backend);
  }
  if (scopes() !== before.scopes) out.faults.push('scopes of tf.tidy are left open');
  return out;
}

/** The model as its training left it: predicts, and is trained further by `model.fit`, then as before. */
async function afterwards(
  model: tf.LayersModel,
  again: Last['again'],
  by: Trainer,
  way: Way,
  out: Record_,
): Promise<void> {
  const look = (when: string) =>
    tf.tidy(() => {
      out.notes.push({ of: `predict ${when}`, numbers: numbersOf(model.predict(probe(model))) });
    });
  look('afterwards');
  await again(trainer('model.fit', out, [], new Map(), 'afterwards by model.fit'));
  look('after model.fit afterwards');
  await again(way === 'model.fit' ? trainer('model.fit', out, [], new Map(), 'once more') : by);
  look('at the end');
}

function trainer(way: Way, out: Record_, owned: tf.Tensor[], last: Map<tf.LayersModel, Last>, when = ''): Trainer {
  const note = (of: string, numbers: readonly number[]) => out.notes.push({ of, numbers });
  const engine = way === 'eager' ? ('eager' as const) : ('auto' as const);
  const ours = way === 'importance' ? { seed: 1 } : { method: uniform(), engine, ...(way !== 'short' && { seed: 1 }) };
  const around = async (
    model: tf.LayersModel,
    given: { x?: Tensors; y?: Tensors },
    callbacks: Args['callbacks'],
    train: (callbacks: tf.CustomCallbackArgs[]) => Promise<tf.History>,
  ): Promise<tf.History> => {
    out.models.add(model);
    const call = `training ${out.calls.filter((line) => line === 'train').length + 1}`;
    out.calls.push('train');
    const list = callbacks == null ? [] : Array.isArray(callbacks) ? callbacks : [callbacks];
    const tensors = [...owned, ...listOf(given.x), ...listOf(given.y)];
    const values = tensors.map(throughKernel);
    const memory = tf.memory();
    let history: tf.History | undefined;
    try {
      const watching = recorder(out, way !== 'unwatched');
      // TensorFlow.js takes objects or classes, not both in one list.
      const classes = list.length > 0 && 'setModel' in list[0];
      const last = classes ? new tf.CustomCallback(watching) : watching;
      history = await train([...(list as tf.CustomCallbackArgs[]), last as tf.CustomCallbackArgs]);
    } finally {
      const { numTensors, numBytes } = tf.memory();
      note(`${call}: tensors it left`, [numTensors - memory.numTensors]);
      note(`${call}: bytes it left`, [numBytes - memory.numBytes]);
      for (const [k, tensor] of tensors.entries()) {
        if (tensor.isDisposed) out.faults.push(`a tensor of the user's is disposed of after ${call}`);
        else if (throughKernel(tensor).some((value, i) => !Object.is(value, values[k][i]))) {
          out.faults.push(`a tensor of the user's reads as other numbers after ${call}`);
        }
      }
      noteModel(model, call, note);
    }
    note(`${call}: epochs`, history.epoch);
    for (const [name, column] of Object.entries(history.history)) {
      note(
        `${call}: history.${name}`,
        column.map((value) => (typeof value === 'number' ? value : value.dataSync()[0])),
      );
    }
    return history;
  };
  const by: Trainer = {
    fit(model, x, y, args = {}) {
      // In the order given, training would be uniform where no method is.
      const shuffle = way === 'importance';
      const all = { epochs: 2, batchSize: 8, shuffle, verbose: 0, ...args } as const;
      last.set(model, {
        tensors: [...listOf(x), ...listOf(y)],
        again: (other) =>
          other.fit(model, x, y, { ...args, epochs: (args.initialEpoch ?? 0) + 1, callbacks: undefined }),
      });
      return around(model, { x, y }, args.callbacks, (callbacks) =>
        way === 'model.fit'
          ? model.fit(x, y, { ...all, callbacks })
          : fit(model, x as tf.Tensor, y as tf.Tensor, { ...all, ...ours, callbacks } as FitArgs),
      );
    },
    fitDataset(model, stream: Stream, args: DatasetArgs = {}) {
      const all = { epochs: 2, verbose: 0, ...args } as const;
      last.set(model, {
        tensors: [],
        again: (other) =>
          other.fitDataset(model, stream, { ...args, epochs: (args.initialEpoch ?? 0) + 1, callbacks: undefined }),
      });
      return around(model, {}, args.callbacks, (callbacks) =>
        way === 'model.fit'
          ? model.fitDataset(stream, { ...all, callbacks } as tf.ModelFitDatasetArgs<tf.TensorContainer>)
          : fitDataset(model, stream, { ...all, ...ours, callbacks } as FitDatasetArgs),
      );
    },
    see(...what) {
      for (const one of what) {
        if (typeof one === 'string' || one === undefined) out.calls.push(`saw ${one}`);
        else note(`what the program saw${when}`, typeof one === 'number' ? [one] : numbersOf(one));
      }
    },
    mine(tensor) {
      owned.push(tensor);
      return tensor;
    },
  };
  return by;
}

const moments = ['onTrainBegin', 'onTrainEnd', 'onEpochBegin', 'onEpochEnd', 'onBatchBegin', 'onBatchEnd'] as const;

/** The last of the callbacks: writes every call down with its logs. */
function recorder(out: Record_, batches: boolean): tf.CustomCallbackArgs {
  return Object.fromEntries(
    moments
      .filter((moment) => batches || !moment.startsWith('onBatch'))
      .map((moment) => [
        moment,
        (...args: unknown[]) => {
          const logs = (args.at(-1) ?? {}) as { [name: string]: number };
          const index = args.length > 1 ? ` ${args[0]}` : '';
          if (moment === 'onBatchBegin') out.steps++;
          out.calls.push(`${moment}${index} (${Object.keys(logs).join(', ')})`);
          for (const [name, value] of Object.entries(logs)) {
            out.notes.push({ of: `${moment}${index}: ${name}`, numbers: [Number(value)] });
          }
        },
      ]),
  );
}

function noteModel(model: tf.LayersModel, call: string, note: (of: string, numbers: readonly number[]) => void): void {
  for (const [k, weight] of model.weights.entries()) {
    const name = weight.originalName;
    note(`${call}: weights[${k}] ${name.slice(name.lastIndexOf('/') + 1)}`, numbersOf(weight.read()));
  }
  for (const [field, value] of Object.entries(model.optimizer ?? {})) {
    if (typeof value === 'number') note(`${call}: optimizer.${field}`, [value]);
    else if (value instanceof tf.Tensor) note(`${call}: optimizer.${field}`, numbersOf(value));
    else if (Array.isArray(value)) {
      for (const [k, slot] of value.entries()) {
        if (slot?.variable instanceof tf.Tensor) note(`${call}: optimizer.${field}[${k}]`, numbersOf(slot.variable));
      }
    }
  }
  note(`${call}: optimizer.iterations`, [model.optimizer?.iterations ?? 0]);
}

function numbersOf(what: tf.Tensor | tf.Tensor[]): number[] {
  return (Array.isArray(what) ? what : [what]).flatMap((one) => Array.from(one.dataSync()));
}

/** What a kernel of the current backend makes of a tensor: the very bits that it holds. */
function throughKernel(tensor: tf.Tensor): number[] {
  if (tensor.dtype === 'string') return [];
  return tf.tidy(() => Array.from(tf.add(tf.cast(tensor, 'float32'), 0).dataSync()));
}

const listOf = (given?: Tensors): tf.Tensor[] =>
  given === undefined ? [] : given instanceof tf.Tensor ? [given] : Object.values(given);

/** An input of zeros and ones, which every kind of input takes. */
function probe(model: tf.LayersModel): tf.Tensor[] {
  return model.inputs.map((input) => {
    const shape = input.shape.map((size, axis) => size ?? (axis === 0 ? 2 : 6));
    const length = shape.reduce((a, b) => a * b, 1);
    return tf.tensor(
      Array.from({ length }, (_, i) => ((i * 7) % 3 === 0 ? 1 : 0)),
      shape,
      input.dtype as 'float32',
    );
  });
}

const scopes = (): number => (tf.engine() as unknown as { state: { scopeStack: unknown[] } }).state.scopeStack.length;

export const isRefusal = (error: unknown): boolean => error instanceof UnequalError;
