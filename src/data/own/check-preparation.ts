import { type Code, type Kind, widthOf } from './codings/index.ts';
import type { Preparation } from './preparation.ts';

/** Numbers in one input of the model; more would not fit into memory in a batch. */
export const MOST_INPUTS = 2 ** 22;

type Fields = { readonly [name: string]: unknown };
type Test = (value: unknown) => boolean;

const finite: Test = Number.isFinite;
const above0: Test = (value) => Number.isFinite(value) && (value as number) > 0;
const yesOrNo: Test = (value) => typeof value === 'boolean';
const text: Test = (value) => typeof value === 'string';
const count: Test = (value) => Number.isInteger(value) && (value as number) > 0 && (value as number) <= MOST_INPUTS;
const list =
  (of: Test, length?: unknown): Test =>
  (value) =>
    Array.isArray(value) && value.length > 0 && value.every(of) && (length === undefined || value.length === length);
const shape: Test = (value) =>
  list(count)(value) && (value as number[]).reduce((product, d) => product * d, 1) <= MOST_INPUTS;
const object = (value: unknown): Fields | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;

const scaled = ({ mean, std, missing, others }: Fields) =>
  finite(mean) && above0(std) && yesOrNo(missing) && yesOrNo(others);
const lists = (code: Fields) =>
  shape(code.shape) && list(finite)(code.mean) && list(above0, (code.mean as unknown[]).length)(code.std);

/** Whether a code of a kind is as its coding writes it. */
const codes: { readonly [kind in Kind]: (code: Fields) => boolean } = {
  number: scaled,
  date: scaled,
  category: ({ values, missing }) => Array.isArray(values) && values.every(text) && yesOrNo(missing),
  text: ({ columns, idf }) => count(columns) && list(finite, columns)(idf),
  tokens: ({ length, vocabulary }) => count(length) && Array.isArray(vocabulary) && vocabulary.every(text),
  list: lists,
  picture: lists,
};

/** What is wrong with what should be a preparation; nothing, where it is one. */
export function faultOfPreparation(value: unknown): string | undefined {
  const { format, version, target, inputShape, columns, picture, unnamed, drawn } = object(value) ?? {};
  if (version !== 1 || (format !== 'table' && format !== 'pictures')) return 'another format or version';
  if (!shape(inputShape)) return 'no inputShape';
  const wrong = faultOfTarget(object(target));
  if (wrong !== undefined) return wrong;
  if (drawn !== undefined && !isDrawn(object(drawn) ?? {})) return 'a bad seed or share of the test';
  const [, , channels] = inputShape as number[];
  if (format === 'pictures') {
    const isShape = (inputShape as number[]).length === 3 && (channels === 1 || channels === 3);
    return isShape ? undefined : 'an inputShape of no pictures';
  }
  if (!Array.isArray(columns)) return 'no columns';
  for (const column of columns.map(object)) {
    const code = object(column?.code);
    if (!text(column?.name) || code === undefined) return 'a column without a name or a code';
    if (!Object.hasOwn(codes, String(code.kind)) || !codes[code.kind as Kind](code))
      return `a bad code of ${column?.name}`;
  }
  if (unnamed !== undefined && !count(unnamed)) return 'a bad number of columns';
  const width = (columns as { code: Code }[]).reduce((sum, { code }) => sum + widthOf(code), 0);
  const inputs = (inputShape as number[]).reduce((product, d) => product * d, 1);
  if (width !== inputs) return `columns that make ${width} inputs for a model of ${inputs}`;
  if (picture === undefined) return undefined;
  const { height, width: across, channels: deep } = object(picture) ?? {};
  return count(height) && count(across) && (deep === 1 || deep === 3) ? undefined : 'a bad size of pictures';
}

const isDrawn = ({ seed, testShare }: Fields) => finite(seed) && above0(testShare) && (testShare as number) < 1;

function faultOfTarget(target: Fields | undefined): string | undefined {
  const { columns, task, classNames, mean, std } = target ?? {};
  if (!list(text)(columns)) return 'no target';
  if (task === 'classification') return list(text)(classNames) ? undefined : 'no classes';
  if (task !== 'regression' || classNames !== undefined) return 'a bad task';
  const { length } = columns as Preparation['target']['columns'];
  return list(finite, length)(mean) && list(above0, length)(std) ? undefined : 'a bad scale of the target';
}
