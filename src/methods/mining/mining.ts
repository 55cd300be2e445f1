import { fault } from '../../errors.ts';
import type { Random } from '../../sampling/random.ts';

/** Rows of a pool, one triplet at each position. */
export interface Triplets {
  readonly anchors: Int32Array;
  readonly positives: Int32Array;
  readonly negatives: Int32Array;
}

/** What is mined: embeddings [n, d] in row-major order, and the class of each row. */
export interface Embedded {
  readonly values: ArrayLike<number>;
  readonly width: number;
  readonly labels: ArrayLike<number>;
}

/** ‖xᵢ − xⱼ‖² of all rows, [n, n]. */
function squaredDistances({ values, width, labels }: Embedded): Float64Array {
  const n = labels.length;
  const distances = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = i + 1; j < n; j++) {
      let sum = 0;
      for (let k = 0; k < width; k++) sum += (values[i * width + k] - values[j * width + k]) ** 2;
      distances[i * n + j] = sum;
      distances[j * n + i] = sum;
    }
  }
  return distances;
}

/**
 * For every anchor and positive, the hardest negative among the semi-hard: farther than the positive, by less than the
 * margin, ‖a − p‖² < ‖a − n‖² < ‖a − p‖² + margin (Schroff et al. 2015, eq. 4 and section 3.2). Pairs without one are
 * left out.
 */
export function semiHardTriplets(embedded: Embedded, margin: number): Triplets {
  const { labels } = embedded;
  const d = squaredDistances(embedded);
  const n = labels.length;
  const found = new Found();
  for (let a = 0; a < n; a++) {
    for (let p = 0; p < n; p++) {
      if (p === a || labels[p] !== labels[a]) continue;
      const near = d[a * n + p];
      let best = -1;
      for (let j = 0; j < n; j++) {
        const far = d[a * n + j];
        if (labels[j] === labels[a] || !(far > near && far < near + margin)) continue;
        if (best < 0 || far < d[a * n + best]) best = j;
      }
      if (best >= 0) found.add(a, p, best);
    }
  }
  return found.triplets();
}

/**
 * For every anchor its farthest positive and its nearest negative: the hardest triplet of the pool (Schroff et al. 2015,
 * section 3.2, argmax and argmin).
 */
export function hardTriplets(embedded: Embedded): Triplets {
  const { labels } = embedded;
  const d = squaredDistances(embedded);
  const n = labels.length;
  const found = new Found();
  for (let a = 0; a < n; a++) {
    let p = -1;
    let q = -1;
    for (let j = 0; j < n; j++) {
      if (j === a) continue;
      if (labels[j] === labels[a]) {
        if (p < 0 || d[a * n + j] > d[a * n + p]) p = j;
      } else if (q < 0 || d[a * n + j] < d[a * n + q]) q = j;
    }
    if (p >= 0 && q >= 0) found.add(a, p, q);
  }
  return found.triplets();
}

/** `count` triplets by label alone, each uniform among the anchors that have one. */
export function randomTriplets(labels: ArrayLike<number>, count: number, random: Random): Triplets {
  const byClass = rowsByClass(labels);
  const anchors = Int32Array.from({ length: labels.length }, (_, i) => i).filter(
    (i) => byClass.get(labels[i])!.length > 1,
  );
  return tripletsOf(labels, count, random, () => anchors[random.integer(anchors.length)]);
}

/** `count` triplets, each uniform among all that there are: an anchor is as likely as it has many. */
export function anyTriplets(labels: ArrayLike<number>, count: number, random: Random): Triplets {
  const byClass = rowsByClass(labels);
  const upTo = new Float64Array(labels.length);
  let total = 0;
  for (let i = 0; i < labels.length; i++) {
    const { length } = byClass.get(labels[i])!;
    total += (length - 1) * (labels.length - length);
    upTo[i] = total;
  }
  return tripletsOf(labels, count, random, () => {
    const point = random.uniform() * total;
    return upTo.findIndex((sum) => sum > point);
  });
}

function tripletsOf(labels: ArrayLike<number>, count: number, random: Random, anchor: () => number): Triplets {
  const byClass = rowsByClass(labels);
  const found = new Found();
  for (let k = 0; k < count; k++) {
    const a = anchor();
    const mates = byClass.get(labels[a])!;
    const others = labels.length - mates.length;
    let p = mates[random.integer(mates.length - 1)];
    if (p === a) p = mates[mates.length - 1];
    let skip = random.integer(others);
    let q = 0;
    while (labels[q] === labels[a] || skip-- > 0) q++;
    found.add(a, p, q);
  }
  return found.triplets();
}

/** Rows of each class. */
export function rowsByClass(labels: ArrayLike<number>): Map<number, number[]> {
  const rows = new Map<number, number[]>();
  for (let i = 0; i < labels.length; i++) {
    const known = rows.get(labels[i]);
    if (known) known.push(i);
    else rows.set(labels[i], [i]);
  }
  return rows;
}

/** Whether the labels have two classes, and a class with two samples. */
export function isComparable(labels: ArrayLike<number>): boolean {
  const classes = rowsByClass(labels).size;
  return classes >= 2 && classes < labels.length;
}

/** @throws UnequalError unless they do. */
export function checkClasses(labels: ArrayLike<number>): void {
  if (isComparable(labels)) return;
  const { size } = rowsByClass(labels);
  throw fault({
    wrong: 'too few classes in the batch to compare samples',
    got: `${labels.length} samples of ${size} ${size === 1 ? 'class' : 'classes'}`,
    expected: 'two classes or more, and two samples of one of them',
    mend: 'raise batchSize or presample, or balance the classes of the data',
  });
}

class Found {
  private readonly all: number[][] = [[], [], []];

  add(...triplet: [number, number, number]): void {
    for (const [k, row] of triplet.entries()) this.all[k].push(row);
  }

  triplets(): Triplets {
    const [anchors, positives, negatives] = this.all.map((rows) => Int32Array.from(rows));
    return { anchors, positives, negatives };
  }
}
