/** What the declarations of the package say of optional properties. */
import { expect, it } from 'vitest';
import { withUndefined } from '../../exact-declarations.ts';

it.each([
  ['interface A { readonly a?: number; b: string }', 'interface A { readonly a?: number | undefined; b: string }'],
  ['interface A { a?: { b?: C } }', 'interface A { a?: { b?: C | undefined } | undefined }'],
  ['interface A { a?: (b?: C) => D; }', 'interface A { a?: ((b?: C) => D) | undefined; }'],
  ['interface A { a?: () => { b?: C } }', 'interface A { a?: (() => { b?: C | undefined }) | undefined }'],
  ['interface A { a?: Partial<B> }', 'interface A { a?: { [P in keyof B]?: B[P] | undefined } | undefined }'],
  ['type A = { [k in B]?: C }', 'type A = { [k in B]?: C | undefined }'],
])('%s', (declared, expected) => {
  expect(withUndefined(declared)).toBe(expected);
});

it.each([
  'interface A { a?: number | undefined }',
  'interface A { a?: unknown; b?(): void; c: number }',
  'declare class A { a?: number; }',
  'declare function a(b?: number): void;',
  'type A = Pick<B, "c">',
])('leaves %s', (declared) => {
  expect(withUndefined(declared)).toBe(declared);
});
