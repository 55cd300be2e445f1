import { type CategoryCode, categories } from './category.ts';
import type { Coding } from './coding.ts';
import { byteLists, type ListCode, lists } from './list.ts';
import { dates, type NumberCode, numbers } from './number.ts';
import { type TextCode, type TokensCode, texts, tokens } from './text.ts';

/** How the cells of a column become inputs. */
export type Code = NumberCode | CategoryCode | TextCode | TokensCode | ListCode;
/** Kinds of columns. */
export type Kind = Code['kind'];

const codings: { readonly [K in Kind]: unknown } = {
  number: numbers,
  date: dates,
  category: categories,
  text: texts,
  tokens,
  list: lists,
  picture: byteLists,
};

export const kinds = Object.keys(codings) as Kind[];

/** How cells of a kind become numbers. */
export function codingOf(kind: Kind): Coding<Code> {
  return codings[kind] as Coding<Code>;
}

/** How many inputs of the model a column makes. */
export function widthOf(code: Code): number {
  return codingOf(code.kind).width(code);
}
