import { fault } from '../errors.ts';
import { decode, encode } from '../fit/codec.ts';
import { fingerprint } from '../fit/identity.ts';
import { probed } from '../fit/probe.ts';
import type { Learner, LearnerState, ScoreKind } from '../learner/learner.ts';
import type { Source, State } from '../methods/method.ts';

/** What master and workers must have in common. */
export interface RunDescription {
  readonly samples: number;
  /** Samples of a range. */
  readonly range: number;
  readonly score: ScoreKind;
  /** Shape and type of every weight. */
  readonly weights: readonly string[];
  /** Shapes and checksums of a few samples; see {@link fingerprint}. */
  readonly data: State;
  /** What the losses of a few samples are multiplied by; null without weights of classes or samples. */
  readonly lossWeights: State;
  /** For workers that have no model of their own: what `model.toJSON` gave, and the names of the losses. */
  readonly topology: string | null;
  readonly loss: readonly string[] | null;
}

/** @returns for each output the weights of {@link probed} samples, `'changing'` where they are others every time. */
export async function describeLossWeights(source: Source): Promise<State> {
  const look = async () => {
    const { lossWeights } = await source.at(probed(source.length!));
    return lossWeights?.map((weights) => Array.from(weights)) ?? null;
  };
  const [one, two] = [await look(), await look()];
  return JSON.stringify(one) === JSON.stringify(two) ? one : 'changing';
}

/** Parameters as they are published. */
export interface Published {
  readonly nonce: string;
  readonly version: number;
  readonly weights: readonly (Float32Array | Int32Array | Uint8Array)[];
  /** Scores of {@link probed} samples: a worker that computes others has another model, or other data. */
  readonly probe: Float32Array;
}

export const describeWeights = ({ weights }: LearnerState): string[] =>
  weights.map(({ dtype, shape }) => `${dtype} [${shape}]`);

export const describeData = (source: Source): Promise<State> =>
  source.at([0]).then((example) => fingerprint({ example, source, length: source.length }));

export async function probe(learner: Learner, source: Source, score: ScoreKind): Promise<Float32Array> {
  return learner.scores(await source.at(probed(source.length!)), score);
}

export const encodeDescription = (description: RunDescription): Uint8Array => encode(description as unknown as State);

/** @throws UnequalError for bytes that describe no run. */
export function decodeDescription(bytes: Uint8Array): RunDescription {
  const value = decode(bytes, 'the description of the run') as { [name: string]: unknown } | null;
  const bad = (part: string, got: unknown) =>
    fault({ wrong: `bad description of the run: its ${part}`, got, expected: 'what a master writes' });
  if (typeof value !== 'object' || value === null) throw bad('form', value);
  for (const part of ['samples', 'range']) {
    if (!(Number.isSafeInteger(value[part]) && (value[part] as number) > 0)) throw bad(part, value[part]);
  }
  if (!['upper-bound', 'loss', 'gradient-norm'].includes(value.score as string)) throw bad('score', value.score);
  if (!isStrings(value.weights)) throw bad('weights', value.weights);
  if (value.topology !== null && typeof value.topology !== 'string') throw bad('topology', value.topology);
  if (value.loss !== null && !isStrings(value.loss)) throw bad('loss', value.loss);
  return value as unknown as RunDescription;
}

const isStrings = (value: unknown): boolean => Array.isArray(value) && value.every((one) => typeof one === 'string');

/** In what master and workers must be alike. */
type Compared = 'samples' | 'weights' | 'data' | 'lossWeights';

/** @throws UnequalError naming the first part in which a worker differs from its master. */
export function checkSame(run: RunDescription, own: Pick<RunDescription, Compared>): void {
  const parts = [
    ['samples', 'data set', 'give the worker the data of the master'],
    ['weights', 'model', 'give the worker the model of the master'],
    ['data', 'data set', 'give the worker the data of the master'],
    ['lossWeights', 'weight for its samples', 'give the worker the classWeight and sampleWeight of the master'],
  ] as const;
  for (const [part, what, mend] of parts) {
    const [got, expected] = [JSON.stringify(own[part]), JSON.stringify(run[part])];
    if (got === expected) continue;
    const cut = (text: string) => (text.length > 200 ? `${text.slice(0, 200)}…` : text);
    throw fault({
      wrong: `this worker has another ${what}`,
      got: `${part} ${cut(got)}`,
      expected: cut(expected),
      mend,
    });
  }
}

/** Whether the samples are the same ones every time they are asked for. */
export function isFixed(data: State): boolean {
  const { checksums } = data as { checksums?: readonly State[] };
  return Array.isArray(checksums) && checksums.every((one) => one !== null);
}

export const encodePublished = (published: Published): Uint8Array => encode(published as unknown as State);

/** Which parameters are expected. */
export interface ExpectedParameters {
  readonly nonce: string;
  readonly version: number;
  readonly weights: LearnerState['weights'];
  readonly samples: number;
}

/** @throws UnequalError for bytes that are not such parameters of this run, or not finite. */
export function decodePublished(bytes: Uint8Array, expected: ExpectedParameters): Published {
  const value = decode(bytes, 'the published parameters') as unknown as Published;
  const bad = (got: unknown, wanted: string) => fault({ wrong: 'bad published parameters', got, expected: wanted });
  if (typeof value !== 'object' || value === null) throw bad(value, 'weights');
  if (value.nonce !== expected.nonce) throw bad(`those of the run ${value.nonce}`, expected.nonce);
  if (value.version !== expected.version) throw bad(`version ${value.version}`, `${expected.version}`);
  const { weights, probe } = value;
  if (!Array.isArray(weights) || weights.length !== expected.weights.length) {
    throw bad(`${weights?.length} weights`, `${expected.weights.length}`);
  }
  for (const [k, { data, name }] of expected.weights.entries()) {
    if (weights[k]?.constructor !== data.constructor || weights[k].length !== data.length) {
      throw bad(`${weights[k]?.length} values for weight ${k}`, `${data.length} of ${data.constructor.name}`);
    }
    if (!weights[k].every((one: number) => Number.isFinite(one))) throw bad(`NaN in ${name}`, 'finite numbers');
  }
  if (!(probe instanceof Float32Array) || probe.length !== probed(expected.samples).length) {
    throw bad('no scores to compare', 'scores of a few samples');
  }
  return value;
}
