import type * as tf from '@tensorflow/tfjs';
import { fault, UnequalError } from '../errors.ts';
import type { ModelBatch } from '../learner/batch.ts';
import { allVariables, type CompiledModel, lossNames } from '../learner/model.ts';
import type { Method, Source, State } from '../methods/method.ts';
import { extensionsOf } from '../optimizers/extended.ts';
import { checksums } from './checksums.ts';
import type { PlacedSource } from './source.ts';

/** What a checkpoint is of: the parts that must be the same to continue it. */
export type Identity = { readonly [part: string]: State };

interface Described {
  readonly model: tf.LayersModel;
  readonly compiled: CompiledModel;
  readonly method: Method;
  readonly batchSize: number;
  readonly length?: number;
  readonly shuffle: boolean;
  readonly example: ModelBatch;
  readonly source: PlacedSource;
}

type Fingerprinted = Pick<Described, 'example' | 'length'> & { readonly source: Source };

/** Samples that are looked at to tell data from other data. */
const looked = 8;

/**
 * What a checkpoint must agree with to be continued: the run as it is before a callback changes it. The data is looked at once, when
 * that is first asked for.
 */
export function identityOf(run: Described): () => Promise<Identity> {
  const described = describe(run);
  let known: Promise<Identity> | undefined;
  return () => {
    known ??= fingerprint(run).then((data) => ({ ...described, data }));
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
    weights: allVariables(compiled).map(({ shape }) => `[${shape}]`),
    layers: model.layers.map(describeLayer),
  };
}

/** Its class and options, without names, which differ from one making of a model to the next. */
function describeLayer(layer: tf.layers.Layer): State {
  let config: unknown = null;
  try {
    config = layer.getConfig();
  } catch {
    // A layer of the user's own need not have one.
  }
  const kept = JSON.stringify(config, (name, value) =>
    /^name$|initializer|^batchInputShape$|nodes$|^(in|out)putLayers$/i.test(name) ? undefined : value,
  );
  return `${layer.getClassName()} ${kept}`;
}

/** Shapes, and a checksum of a few samples where the same ones can be had again. */
export async function fingerprint({ example, source, length }: Fingerprinted): Promise<State> {
  const shapes = [...example.xs, ...example.ys].map(({ shape, dtype }) => `${dtype} [${shape.slice(1)}]`);
  if (length === undefined) return { shapes };
  const count = Math.min(looked, length);
  const indices = Int32Array.from({ length: count }, (_, k) => Math.floor((k * length) / count));
  const [one, two] = [checksums(await source.at(indices)), checksums(await source.at(indices))];
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
    const [got, expected] = [text(saved[part]), text(value)];
    if (got === expected) continue;
    if (part === 'weights' && unlike === resumes) {
      throw fault({
        wrong: `${path} is a checkpoint of another run: the saved weights do not fit the model`,
        got: list(saved[part]),
        expected: list(value),
        mend: 'build the model that it was written with',
      });
    }
    const [was, is] = difference(saved[part], value);
    throw new UnequalError(unlike(path, part, shortened(was), shortened(is)));
  }
}

/** Of lists, the first element that differs. */
function difference(saved: State | undefined, now: State): [string | undefined, string | undefined] {
  if (Array.isArray(saved) && Array.isArray(now)) {
    for (let k = 0; k < Math.max(saved.length, now.length); k++) {
      const [was, is] = [text(saved[k]), text(now[k])];
      if (was !== is) return [was, is];
    }
  }
  return [text(saved), text(now)];
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
