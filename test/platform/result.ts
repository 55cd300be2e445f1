import { expect } from 'vitest';

/** What the program returns. */
export interface Result {
  readonly backend: string;
  readonly losses: readonly number[];
  readonly weights: readonly number[];
  readonly rows: readonly number[];
  readonly chosen: readonly number[];
  readonly report: boolean;
  readonly resumed: { readonly own: boolean; readonly given: boolean };
  readonly secondRunRefused?: boolean;
  readonly squares?: readonly number[];
}

/** Expects what another platform computed: indices exactly, losses and weights to float precision. */
export function expectSame(result: Result, reference: Result, tolerance = 1e-4): void {
  for (const part of ['losses', 'weights'] as const) {
    expect(result[part]).toHaveLength(reference[part].length);
    for (const [i, value] of reference[part].entries()) {
      expect(Math.abs(result[part][i] - value), `${part} ${i}`).toBeLessThan(tolerance * (1 + Math.abs(value)));
    }
  }
  expect(result.rows).toEqual(reference.rows);
  expect(result.chosen).toEqual(reference.chosen);
  expect(result.report).toBe(true);
  expect(result.resumed).toEqual({ own: true, given: true });
  if (result.squares) expect(result.squares).toEqual([1, 4, 9, 16]);
}
