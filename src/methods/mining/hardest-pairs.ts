import { fault } from '../../errors.ts';
import { mean } from '../../mean.ts';
import { type Checks, checkedOptions, range, text } from '../../options.ts';
import { Random } from '../../sampling/random.ts';
import { requireFinite } from '../../sampling/scores.ts';
import { originalScores } from '../importance/original-scores.ts';
import type { Context, Method, Pick, Sampler, State } from '../method.ts';
import { checkPresample, select } from '../pool.ts';
import { ComparablePools } from './comparable-pools.ts';
import { randomTriplets, rowsByClass } from './mining.ts';

export interface HardestPairsOptions {
  /** Name in tables and curves. */
  name?: string;
  /** r: pairs that go forward for each one that goes backward, of either kind. Default 4. */
  ratio?: number;
}

export const hardestPairsChecks: Checks<HardestPairsOptions> = { name: text, ratio: range(1) };

/**
 * Hardest pairs: r times as many positive and negative pairs as there is room for go forward, and those of each kind
 * with the largest loss are trained on.
 *
 * The model is an embedding, `[n, d]`, compiled with {@link pairLoss}; the targets are the labels. A batch of b rows is
 * ⌊b/2⌋ pairs, `[first | second]`, half of them positive, made of the samples of a presample of b. Keeps nothing per
 * sample and works on streams. The forward passes are those of 2 r ⌊b/2⌋ rows.
 *
 * @throws UnequalError if a presample has not two classes, and two samples of one; what a stream has left at the end of a pass
 * is left out then, with a warning.
 *
 * References: Simo-Serra et al., Discriminative Learning of Deep Convolutional Feature Point Descriptors, ICCV 2015,
 * section 3.2.
 *
 * @example
 * ```ts
 * await fit(model, samples, { epochs: 10, method: hardestPairs({ ratio: 4 }) });
 * ```
 */
export function hardestPairs(options: HardestPairsOptions = {}): Method {
  options = checkedOptions('hardestPairs', options, hardestPairsChecks);
  const { name = 'hardestPairs', ratio = 4 } = options;
  return {
    name,
    options: { ratio },
    grouped: true,
    check: (plan) => {
      checkPresample(1, plan);
      if (plan.batchSize >= 4) return;
      throw fault({
        wrong: 'the batch holds no two pairs',
        got: `batchSize ${plan.batchSize}`,
        expected: '4 or more, for a positive and a negative pair',
      });
    },
    sampler: (context) => new HardestPairsSampler(ratio, context),
  };
}

class HardestPairsSampler implements Sampler {
  private random: Random;
  /** The last batch of an epoch may be too small for what is compared: a presample is that of a whole one. */
  private readonly pools: ComparablePools;

  constructor(
    private readonly ratio: number,
    private readonly context: Context,
  ) {
    this.random = context.random;
    this.pools = new ComparablePools(context, context.batchSize);
  }

  prepare = (): Promise<boolean> => this.pools.leavesOut();

  async draw(size: number): Promise<Pick> {
    const { learner } = this.context;
    const { random, ratio } = this;
    const { pool, labels } = await this.pools.next();
    const pairs = Math.max(2, Math.floor(size / 2));
    const positive = pairs >> 1;
    const negative = pairs - positive;

    const p = randomTriplets(labels, Math.ceil(ratio * positive), random);
    const n = randomTriplets(labels, Math.ceil(ratio * negative), random);
    const first = Int32Array.from([...p.anchors, ...n.anchors]);
    const second = Int32Array.from([...p.positives, ...n.negatives]);
    const candidates = select(pool, Int32Array.from([...first, ...second]));
    // Both rows of a pair have its loss.
    const scored = await learner.scores(candidates.batch, 'loss');
    const losses = scored.slice(0, first.length);
    const before = originalScores(scored);
    requireFinite(losses, candidates.indices);
    const hardest = [
      ...largest(losses, 0, p.anchors.length, positive),
      ...largest(losses, p.anchors.length, first.length, negative),
    ];
    // Of random pairs far fewer are of one class than of those that were made up here.
    const same = shareOfOneClass(labels);
    const poolLoss =
      same * mean(before.subarray(0, p.anchors.length)) +
      (1 - same) * mean(before.subarray(p.anchors.length, first.length));
    const rows = Int32Array.from([...hardest.map((k) => first[k]), ...hardest.map((k) => second[k])]);
    return { ...select(pool, rows), poolLoss, drawnFrom: pool, report: { phase: 'importance', scores: losses } };
  }

  soon(sizes: readonly number[]): void {
    this.pools.soon(sizes);
  }

  state(): State {
    return { random: this.random.state() };
  }

  restore(state: State): void {
    this.random = Random.from((state as { random: number[] }).random);
  }
}

/** Share of the pairs of two samples that are of one class. */
function shareOfOneClass(labels: Int32Array): number {
  const n = labels.length;
  let pairs = 0;
  for (const { length } of rowsByClass(labels).values()) pairs += length * (length - 1);
  return pairs / (n * (n - 1));
}

/** Positions of the `count` largest values from `from` to `to`. */
function largest(values: Float32Array, from: number, to: number, count: number): number[] {
  return Array.from({ length: to - from }, (_, k) => from + k)
    .sort((a, b) => values[b] - values[a])
    .slice(0, count);
}
