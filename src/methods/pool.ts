import { fault } from '../errors.ts';
import { selectRows } from '../learner/batch.ts';
import type { Plan, Pool } from './method.ts';

/** The `rows` of a pool. */
export function select(pool: Pool, rows: Int32Array): Pool {
  return { batch: selectRows(pool.batch, rows), indices: rows.map((row) => pool.indices[row]) };
}

/** The pool without repetitions: one that reaches across the end of an epoch may hold a sample twice. */
export function distinct(pool: Pool): Pool {
  const rows = Int32Array.from(new Map(Array.from(pool.indices, (index, row) => [index, row])).values());
  return rows.length === pool.indices.length ? pool : select(pool, rows);
}

/** @throws UnequalError if a presample of `ratio` × b is more than there are samples. */
export function checkPresample(ratio: number, { batchSize, length }: Plan): void {
  const size = Math.round(ratio * batchSize);
  if (length === undefined || size <= length) return;
  throw fault({
    wrong: 'the presample is larger than the data',
    got: `B = ${Number(ratio.toPrecision(6))} × ${batchSize} = ${size}`,
    expected: `at most the ${length} samples there are`,
    mend: 'lower presample or batchSize',
  });
}
