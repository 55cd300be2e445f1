import { fault } from '../../errors.ts';
import { mean } from '../../mean.ts';
import { type Checks, checkedOptions, positive, range, text } from '../../options.ts';
import { Random } from '../../sampling/random.ts';
import { originalScores } from '../importance/original-scores.ts';
import type { Context, Method, Pick, Plan, Pool, Sampler, State } from '../method.ts';
import { checkPresample, select } from '../pool.ts';
import { ComparablePools } from './comparable-pools.ts';
import { anyTriplets, type Embedded, hardTriplets, randomTriplets, semiHardTriplets, type Triplets } from './mining.ts';

export interface MiningOptions {
  /** Name in tables and curves. */
  name?: string;
  /** Samples that are embedded and searched for each one trained on. Default 3. */
  presample?: number;
}

export const miningChecks: Checks<MiningOptions> = { name: text, presample: range(1) };
export const semiHardMiningChecks: Checks<MiningOptions & { margin?: number }> = { ...miningChecks, margin: positive };

/**
 * Semi-hard triplet mining: embeds a presample, and trains on triplets of it whose negative is farther from the anchor
 * than the positive, but by less than the margin.
 *
 * The model is an embedding, `[n, d]`, compiled with {@link tripletLoss} of the same margin; the targets are the labels.
 * A batch of b rows is ⌊b/3⌋ triplets, `[anchors | positives | negatives]`. Where a presample has too few semi-hard ones,
 * random triplets fill the batch. Keeps nothing per sample and works on streams.
 *
 * @param options.margin α of the loss. Default 0.2.
 * @throws UnequalError if a presample has not two classes, and two samples of one; what a stream has left at the end of a pass
 * is left out then, with a warning.
 *
 * References: Schroff, Kalenichenko & Philbin, FaceNet, CVPR 2015, section 3.2.
 *
 * @example
 * ```ts
 * await fit(model, samples, { epochs: 10, method: semiHardMining({ margin: 0.2 }) });
 * ```
 */
export function semiHardMining(options: MiningOptions & { margin?: number } = {}): Method {
  options = checkedOptions('semiHardMining', options, semiHardMiningChecks);
  const { name = 'semiHardMining', presample = 3, margin = 0.2 } = options;
  return mining(name, presample, { margin }, (embedded) => semiHardTriplets(embedded, margin));
}

/**
 * Hard triplet mining: embeds a presample, and trains on anchors with their farthest positive and nearest negative in
 * it. Prone to collapse early in training and to mislabelled samples, which is why the paper prefers
 * {@link semiHardMining}; otherwise as that.
 *
 * References: Schroff, Kalenichenko & Philbin, FaceNet, CVPR 2015, section 3.2.
 *
 * @example
 * ```ts
 * await fit(model, samples, { epochs: 10, method: hardMining({ presample: 3 }) });
 * ```
 */
export function hardMining(options: MiningOptions = {}): Method {
  options = checkedOptions('hardMining', options, miningChecks);
  const { name = 'hardMining', presample = 3 } = options;
  return mining(name, presample, {}, hardTriplets);
}

function mining(
  name: string,
  presample: number,
  extra: { readonly [option: string]: number },
  mine: (embedded: Embedded) => Triplets,
): Method {
  return {
    name,
    options: { presample, ...extra },
    grouped: true,
    check: (plan) => checkTriplets(presample, plan),
    sampler: (context) => new MiningSampler(presample, mine, context),
  };
}

function checkTriplets(presample: number, plan: Plan): void {
  if (plan.batchSize < 3) {
    throw fault({ wrong: 'the batch holds no triplet', got: `batchSize ${plan.batchSize}`, expected: '3 or more' });
  }
  checkPresample(presample, plan);
}

class MiningSampler implements Sampler {
  private random: Random;
  /** The last batch of an epoch may be too small for what is compared: a presample is that of a whole one. */
  private readonly pools: ComparablePools;

  constructor(
    presample: number,
    private readonly mine: (embedded: Embedded) => Triplets,
    private readonly context: Context,
  ) {
    this.random = context.random;
    this.pools = new ComparablePools(context, Math.round(presample * context.batchSize));
  }

  prepare = (): Promise<boolean> => this.pools.leavesOut();

  async draw(size: number): Promise<Pick> {
    const { learner } = this.context;
    const { pool, labels } = await this.pools.next();
    const [{ data, shape }] = await learner.outputs(pool.batch);
    const found = this.mine({ values: data, width: data.length / shape[0], labels });
    const count = Math.max(1, Math.floor(size / 3));
    const chosen = this.random.permutation(found.anchors.length).slice(0, count);
    const missing = randomTriplets(labels, count - chosen.length, this.random);
    const rows = Int32Array.from(
      (['anchors', 'positives', 'negatives'] as const).flatMap((role) => [
        ...chosen.map((k) => found[role][k]),
        ...missing[role],
      ]),
    );
    const poolLoss = await this.lossOfAny(pool, labels, Math.ceil(count / 4));
    const report = { phase: 'importance' as const, triplets: found.anchors.length, mined: chosen.length / count };
    return { ...select(pool, rows), poolLoss, drawnFrom: pool, report };
  }

  soon(sizes: readonly number[]): void {
    this.pools.soon(sizes);
  }

  /** Mean loss of `count` triplets, each as likely as any other of the pool: what training minimises, mined or not. */
  private async lossOfAny(pool: Pool, labels: Int32Array, count: number): Promise<number> {
    const { anchors, positives, negatives } = anyTriplets(labels, count, this.random);
    const rows = Int32Array.from([...anchors, ...positives, ...negatives]);
    return mean(originalScores(await this.context.learner.scores(select(pool, rows).batch, 'loss')));
  }

  state(): State {
    return { random: this.random.state() };
  }

  restore(state: State): void {
    this.random = Random.from((state as { random: number[] }).random);
  }
}
