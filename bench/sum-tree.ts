import { spawnSync } from 'node:child_process';
import { Random } from '../src/sampling/random.ts';
import { SumTree } from '../src/sampling/sum-tree.ts';

const entries = 1_000_000;
const batch = 128;
const rounds = 9;

/** A million operations' worth of batches for the tree; the cumulative sums pay for all entries at every batch. */
const treeBatches = Math.floor(entries / batch);
const cumulativeBatches = 40;

interface Rate {
  readonly structure: string;
  /** Entries changed per second, until the structure can be drawn from again. */
  readonly updates: number;
  /** Independent draws per second. */
  readonly draws: number;
  /** One draw from each of `batch` equal parts, per second. */
  readonly stratified?: number;
}

/**
 * The sum-tree of `prioritized` at a million entries and batches of 128 on one core, beside a cumulative sum with binary
 * search in JavaScript and in numpy, where python3 has it. Medians of rounds in which all take turns.
 */
export default async function sumTree({ json }: { json: boolean }): Promise<void> {
  const random = new Random(1);
  const values = Float64Array.from({ length: entries }, () => random.exponential());
  const tree = new SumTree(values);
  const naive = new CumulativeSum(values);
  const indices = Array.from({ length: treeBatches }, () =>
    Int32Array.from({ length: batch }, () => random.integer(entries)),
  );
  const fresh = Float64Array.from({ length: batch }, () => random.exponential());
  const out = new Int32Array(batch);

  const measured = {
    tree: { updates: [] as number[], draws: [] as number[], stratified: [] as number[] },
    naive: { updates: [] as number[], draws: [] as number[] },
  };
  for (let round = 0; round < rounds; round++) {
    measured.tree.updates.push(rate(treeBatches, (i) => tree.update(indices[i], fresh)));
    measured.tree.draws.push(rate(treeBatches, () => tree.draw(batch, random, out)));
    measured.tree.stratified.push(rate(treeBatches, () => tree.stratified(batch, random, out)));
    measured.naive.updates.push(rate(cumulativeBatches, (i) => naive.update(indices[i], fresh)));
    measured.naive.draws.push(rate(treeBatches, () => naive.draw(batch, random, out)));
  }
  const rates: Rate[] = [
    {
      structure: 'sum-tree',
      updates: median(measured.tree.updates),
      draws: median(measured.tree.draws),
      stratified: median(measured.tree.stratified),
    },
    {
      structure: 'cumulative sum',
      updates: median(measured.naive.updates),
      draws: median(measured.naive.draws),
    },
  ];
  const numpy = measureNumpy();
  if (numpy !== undefined) rates.push(numpy);

  if (json) {
    console.log(JSON.stringify({ bench: 'sum-tree', entries, batch, rates }));
    return;
  }
  console.log(`${entries.toLocaleString('en')} entries, batches of ${batch}, millions a second\n`);
  console.log('                    updates     draws  stratified');
  for (const { structure, updates, draws, stratified } of rates) {
    const columns = [
      millions(updates, 11),
      millions(draws, 10),
      stratified === undefined ? '' : millions(stratified, 12),
    ];
    console.log(structure.padEnd(16) + columns.join(''));
  }
  if (numpy === undefined) console.log('numpy is not installed for python3');
}

/** What one would write first: all sums taken anew at each update, binary search to draw. */
class CumulativeSum {
  readonly #values: Float64Array;
  readonly #sums: Float64Array;

  constructor(values: Float64Array) {
    this.#values = values.slice();
    this.#sums = new Float64Array(values.length);
    this.update([], []);
  }

  update(indices: ArrayLike<number>, values: ArrayLike<number>): void {
    for (let k = 0; k < indices.length; k++) this.#values[indices[k]] = values[k];
    let sum = 0;
    for (let i = 0; i < this.#values.length; i++) this.#sums[i] = sum += this.#values[i];
  }

  draw(count: number, random: Random, out: Int32Array): void {
    const sums = this.#sums;
    for (let k = 0; k < count; k++) {
      const point = random.uniform() * sums[sums.length - 1];
      let low = 0;
      let high = sums.length - 1;
      while (low < high) {
        const middle = (low + high) >>> 1;
        if (sums[middle] > point) high = middle;
        else low = middle + 1;
      }
      out[k] = low;
    }
  }
}

const python = `
import json, sys, time
try:
    import numpy as np
except ImportError:
    sys.exit(3)
n, b, rounds = ${entries}, ${batch}, ${rounds}
rng = np.random.RandomState(1)
values = rng.exponential(size=n)
indices = rng.randint(0, n, size=(${cumulativeBatches}, b))
fresh = rng.exponential(size=b)
updates, draws = [], []
for _ in range(rounds):
    start = time.perf_counter()
    for i in indices:
        values[i] = fresh
        sums = np.cumsum(values)
    updates.append(len(indices) * b / (time.perf_counter() - start))
    start = time.perf_counter()
    for _ in range(2000):
        np.searchsorted(sums, rng.random_sample(b) * sums[-1], side='right')
    draws.append(2000 * b / (time.perf_counter() - start))
print(json.dumps({'structure': 'numpy cumsum', 'updates': float(np.median(updates)), 'draws': float(np.median(draws))}))
`;

import { median } from './median.ts';

function measureNumpy(): Rate | undefined {
  const { status, stdout } = spawnSync('python3', ['-c', python], { encoding: 'utf8' });
  return status === 0 ? JSON.parse(stdout) : undefined;
}

/** Entries per second over `batches` batches. */
function rate(batches: number, step: (i: number) => void): number {
  const start = performance.now();
  for (let i = 0; i < batches; i++) step(i);
  return (batches * batch * 1000) / (performance.now() - start);
}

function millions(perSecond: number, width: number): string {
  return (perSecond / 1e6).toFixed(perSecond < 1e6 ? 3 : 2).padStart(width);
}
