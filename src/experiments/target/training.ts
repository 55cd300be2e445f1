import type { Samples } from '../../data/samples.ts';
import { Clock } from '../../fit/clock.ts';
import { type Provider, samplesProvider } from '../../fit/provider.ts';
import type { StepReport } from '../../fit/report.ts';
import { type PlacedSource, ShuffledSource } from '../../fit/source.ts';
import { StreamSource } from '../../fit/stream-source.ts';
import { Trainer } from '../../fit/trainer.ts';
import { LossWeights } from '../../fit/weights.ts';
import { CompiledLearner } from '../../learner/compiled.ts';
import type { Learner } from '../../learner/learner.ts';
import { compiledModel } from '../../learner/model.ts';
import type { Method } from '../../methods/method.ts';
import { cosineDecay } from '../../methods/schedule.ts';
import { Random } from '../../sampling/index.ts';
import { CountedTime, type WorkloadCosts } from './costs.ts';
import { wallSeconds } from './seconds.ts';
import { type Around, watched } from './work.ts';
import type { Workload, WorkloadData } from './workload.ts';

export interface TrainingOptions {
  readonly method: Method;
  readonly rate: number;
  readonly seed: number;
  readonly seconds: number;
  /** Counts seconds from what was done; without, a clock runs. */
  readonly costs?: WorkloadCosts;
  /** Seconds since any fixed moment; default the machine's. */
  readonly now?: () => number;
  /** Seconds that the method has used before its first step. */
  readonly spent?: number;
  readonly around?: Around;
  readonly onFetch?: (samples: number, seconds: number) => void;
}

/** One model that is trained on a workload by a method for so many seconds on one core, the rate decayed to their end. */
export class Training {
  readonly clock: Clock;
  private place = 0;

  private constructor(
    readonly learner: Learner,
    readonly trainer: Trainer,
    private readonly source: PlacedSource,
    private readonly workload: Workload,
    private readonly length: number,
    private readonly options: TrainingOptions,
    private readonly counted: CountedTime | undefined,
    private readonly provider: (samples: Samples) => Promise<Provider>,
    clock: Clock,
    private readonly release: () => void,
  ) {
    this.clock = clock;
  }

  static async start(workload: Workload, data: WorkloadData, options: TrainingOptions): Promise<Training> {
    const { method, rate, seed, seconds, costs, now = wallSeconds, spent = 0, around, onFetch } = options;
    const model = await workload.makeModel(rate, seed);
    const compiled = compiledModel(model);
    const weights = new LossWeights(compiled, undefined);
    const provider = (samples: Samples) => samplesProvider(compiled, samples, undefined, weights);
    const train = await provider(data.train(seed));
    const batchSize = Math.min(workload.batchSize, train.length);
    const counted = costs && new CountedTime(costs);
    const clock = new Clock(counted?.now ?? now);
    const before = clock.now();
    const learner = new CompiledLearner(model, { threads: 1 });
    await learner.prepare(await train.batch(Int32Array.from({ length: batchSize }, (_, i) => i)));
    clock.seconds = spent + (costs ? costs.make : clock.now() - before);
    const fetched: Provider = {
      length: train.length,
      batch: async (indices) => {
        const from = now();
        const batch = await train.batch(indices);
        counted?.fetched(indices.length);
        onFetch?.(indices.length, now() - from);
        return batch;
      },
    };
    const random = new Random(seed);
    const order = random.fork('order');
    const source = workload.streamed ? streamOf(fetched, order, batchSize) : new ShuffledSource(fetched, order);
    const trainer = new Trainer({
      learner: watched(learner, counted?.around ?? around ?? ((_work, _samples, call) => call())),
      source,
      method,
      clock,
      random,
      batchSize,
      length: workload.streamed ? undefined : train.length,
      metricNames: compiled.getDedupedMetricsNames().slice(1),
      schedule: cosineDecay(),
      progress: () => Math.min(1, clock.seconds / seconds),
    });
    const release = () => {
      model.optimizer.dispose();
      model.dispose();
    };
    return new Training(
      ...([learner, trainer, source, workload, train.length, options, counted, provider, clock, release] as const),
    );
  }

  /** Samples as this model takes them. */
  readerOf(samples: Samples): Promise<Provider> {
    return this.provider(samples);
  }

  get isOver(): boolean {
    return this.clock.seconds >= this.options.seconds;
  }

  /** One step, or a piece of the work before it. */
  async step(): Promise<StepReport | undefined> {
    if (await this.trainer.prepare()) return undefined;
    // Of a stream the next batch is read now.
    this.clock.start();
    const size = await this.nextSize();
    this.clock.stop();
    const report = await this.trainer.train(size, { epoch: Math.floor(this.place / this.length), batch: 0 });
    this.place += size;
    const { costs } = this.options;
    if (costs && this.counted) {
      this.clock.seconds += report.phase === 'importance' ? costs.overhead.importance : costs.overhead.uniform;
    }
    return report;
  }

  private async nextSize(): Promise<number> {
    const { source, length, place } = this;
    const { batchSize } = this.workload;
    if (!(source instanceof StreamSource)) return Math.min(batchSize, length - (place % length));
    if ((await source.nextSize()) === 0) await source.rewind();
    return source.nextSize();
  }

  async dispose(): Promise<void> {
    await this.learner.dispose();
    this.release();
  }
}

/** The samples as a stream of batches, in a new order each time it is opened. */
function streamOf(provider: Provider, random: Random, batchSize: number): StreamSource {
  async function* batches() {
    const order = random.permutation(provider.length);
    for (let at = 0; at < order.length; at += batchSize) yield provider.batch(order.subarray(at, at + batchSize));
  }
  return new StreamSource(async () => batches());
}
