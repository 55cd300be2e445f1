import type * as tf from '@tensorflow/tfjs';
import { crc32 } from '../crc32.ts';
import { fault, UnequalError } from '../errors.ts';
import type { ModelBatch } from '../learner/batch.ts';
import { allVariables, type CompiledModel, lossNames } from '../learner/model.ts';
import type { Method, State } from '../methods/method.ts';
import { extensionsOf } from '../optimizers/extended.ts';
import { checksums } from './checksums.ts';
import type { PlacedSource } from './source.ts';
import { hostSampleWeight, weightCount } from './weights.ts';

/** What a checkpoint is of: the parts that must be the same to continue it. */
export type Identity = { readonly [part: string]: State };

interface Described {
  readonly model: tf.LayersModel;
  readonly compiled: CompiledModel;
  readonly method: Method;
  readonly batchSize: number;
  readonly length?: number;
  readonly shuffle: boolean;
  readonly classWeight?: object;
  readonly sampleWeight?: ArrayLike<number> | tf.Tensor;
  readonly example: ModelBatch;
  readonly source: PlacedSource;
}

interface Fingerprinted {
  readonly example: Pick<ModelBatch, 'xs' | 'ys'>;
  readonly length?: number;
  readonly source: { at(indices: ArrayLike<number>): Promise<Pick<ModelBatch, 'xs' | 'ys' | 'lossWeights'>> };
}

/** Samples that are looked at to tell data from other data. */
const looked = 8;

/**
 * What a checkpoint must agree with to be continued. It is looked at once, when it is first asked for.
 *
 * @param atOnce whether the run is looked at now, before a callback changes it; the data is not.
 */
export function identityOf(run: Described, atOnce: boolean): () => Promise<Identity> {
  const described = atOnce ? describe(run) : undefined;
  let known: Promise<Identity> | undefined;
  return () => {
    known ??= fingerprint(run, true).then((data) => ({ ...(described ?? describe(run)), data }));
    return known;
  };
}

function describe(run: Described): Identity {
  const { model, compiled, method, batchSize, length, shuffle } = run;
  const { learningRate: _, ...optimizerOptions } = model.optimizer.getConfig() as { [name: string]: State };
  return {
    method: { name: method.name, options: method.options },
    batchSize,
    samples: length ?? null,
    shuffle,
    optimizer: model.optimizer.getClassName(),
    optimizerOptions,
    optimizerExtensions: extensionsOf(model.optimizer) as unknown as State,
    loss: lossNames(compiled).map((name) => name ?? 'a function'),
    metrics: compiled.getDedupedMetricsNames(),
    classWeight: describeWeights(run.classWeight),
    sampleWeight: describeSampleWeight(run.sampleWeight),
    weights: allVariables(compiled).map(({ shape }) => `[${shape}]`),
    layers: model.layers.map(describeLayer),
  };
}

/** Its class and options, without names, which differ from one making of a model to the next. */
function describeLayer(layer: tf.layers.Layer): State {
  let config: unknown;
  try {
    config = layer.getConfig();
  } catch {
    // A layer of the user's own need not have one.
  }
  const kept = JSON.stringify(config ?? {}, (name, value) =>
    /^name$|initializer|^batchInputShape$|nodes$|^(in|out)putLayers$/i.test(name) ? undefined : value,
  );
  return { ...JSON.parse(kept), class: layer.getClassName() };
}

/** As JSON has them, in the order of their names. */
function describeWeights(classWeight: object | undefined | null): State {
  if (classWeight === undefined || classWeight === null || (classWeight as unknown[]).length === 0) return null;
  const inOrder = (_: string, one: unknown) =>
    typeof one !== 'object' || one === null || Array.isArray(one)
      ? one
      : Object.fromEntries(Object.entries(one).sort());
  return JSON.parse(JSON.stringify(classWeight, inOrder));
}

/** A checksum, if there are any. */
function describeSampleWeight(given: ArrayLike<number> | tf.Tensor | undefined): State {
  if (given === undefined || given === null) return null;
  const weights = hostSampleWeight(given, weightCount(given))!;
  return `checksum ${checksum(weights)}`;
}

const checksum = ({ buffer, byteOffset, byteLength }: Float32Array) =>
  crc32(new Uint8Array(buffer, byteOffset, byteLength));

/**
 * Shapes, and a checksum of a few samples where the same ones can be had again.
 * @param weighted whether what their losses are multiplied by is looked at too.
 * @param most how many samples are looked at.
 */
export async function fingerprint(
  { example, source, length }: Fingerprinted,
  weighted = false,
  most = looked,
): Promise<State> {
  const shapes = [...example.xs, ...example.ys].map(({ shape, dtype }) => `${dtype} [${shape.slice(1)}]`);
  if (length === undefined) return { shapes };
  const count = Math.min(most, length);
  const indices = Int32Array.from({ length: count }, (_, k) => Math.floor((k * length) / count));
  const look = async () => {
    const batch = await source.at(indices);
    return [...checksums(batch), ...(weighted ? (batch.lossWeights ?? []).map(checksum) : [])];
  };
  const [one, two] = [await look(), await look()];
  // Samples that are augmented anew each time have none.
  return { shapes, checksums: one.map((crc, k) => (crc === two[k] ? crc : null)) };
}

/** The sentence for two runs that differ in a part. */
export type Unlike = (path: string, part: string, saved: string, now: string) => string;

const resumes: Unlike = (path, part, saved, now) =>
  `${path} is a checkpoint of another run: its ${part} is ${saved}, expected ${now}, resume with the arguments it was written with`;

/** @throws UnequalError naming the first part of the run that is not the one the checkpoint was written in. */
export function checkSameRun(
  path: string,
  saved: { readonly [part: string]: State },
  now: Identity,
  unlike = resumes,
): void {
  for (const [part, value] of Object.entries(now)) {
    if (text(saved[part]) === text(value)) continue;
    if (part === 'weights' && unlike === resumes) {
      throw fault({
        wrong: `${path} is a checkpoint of another run: the saved weights do not fit the model`,
        got: list(saved[part]),
        expected: list(value),
        mend: 'build the model that it was written with',
      });
    }
    const { at, was, is } = firstDifference(part, saved[part], value);
    throw new UnequalError(unlike(path, at, shortened(named(was)), shortened(named(is))));
  }
}

interface Difference {
  readonly at: string;
  readonly was: State | undefined;
  readonly is: State | undefined;
}

/** Where two values differ: within lists of one length, and objects of one class. */
function firstDifference(at: string, was: State | undefined, is: State | undefined): Difference {
  const [before, now] = [partsOf(was), partsOf(is)];
  const both = before && now && Array.isArray(was) === Array.isArray(is) && before.class === now.class;
  if (!both || (Array.isArray(was) && was.length !== (is as State[]).length)) return { at, was, is };
  const kind = typeof now.class === 'string' ? ` (${now.class})` : '';
  for (const key of new Set([...Object.keys(before), ...Object.keys(now)])) {
    if (text(before[key]) === text(now[key])) continue;
    const place = Array.isArray(is) ? `${at}[${key}]` : `${at}${kind}.${key}`;
    return firstDifference(place, before[key], now[key]);
  }
  return { at, was, is };
}

/** What a value has by name, or by its place. */
function partsOf(value: State | undefined): { readonly [part: string]: State } | undefined {
  const isOne = typeof value !== 'object' || value === null || ArrayBuffer.isView(value);
  return isOne ? undefined : (value as { [part: string]: State });
}

/** Layers by their classes; all else as JSON. */
function named(value: State | undefined): string | undefined {
  const classOf = (one: State) => partsOf(one)?.class;
  if (Array.isArray(value) && value.length > 0 && value.every(classOf)) return value.map(classOf).join(', ');
  const own = value === undefined ? undefined : classOf(value);
  return typeof own === 'string' ? own : text(value);
}

function list(value: State | undefined): string {
  return Array.isArray(value)
    ? value.map((one) => (typeof one === 'string' ? one : text(one))).join(' ')
    : shortened(text(value));
}

function shortened(words = 'missing'): string {
  return words.length > 300 ? `${words.slice(0, 300)}…` : words;
}

/** As JSON, which has no integers of 64 bits. */
function text(value: State | undefined): string | undefined {
  return JSON.stringify(value, (_, one) => (typeof one === 'bigint' ? `${one}` : one));
}
