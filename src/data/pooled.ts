import type { Tinypool } from 'tinypool';
import { fault } from '../errors.ts';
import { type Checks, checkedOptions, elsewhere, text } from '../options.ts';
import { importInNode } from '../platform.ts';
import { BatchesAhead } from './batches-ahead.ts';
import { checkIndices, type LabelledImages, type RawImage } from './images.ts';
import type { Batch, Samples } from './samples.ts';

export interface PooledOptions {
  /** Threads. Default 2. */
  readonly workers?: number;
  /** Batches that are made or wait before they are asked for, at most. Default one more than there are workers. */
  readonly ahead?: number;
  /** What the module exports: Samples, or a function that makes them. Default `default`. */
  readonly name?: string;
  /** What that function is called with: anything that can be sent to a worker. A `SharedArrayBuffer` is shared. */
  readonly argument?: unknown;
}

const checks: Checks<PooledOptions> = { workers: elsewhere, ahead: elsewhere, name: text, argument: elsewhere };

/** Samples that are made in worker threads, with all that those there tell of themselves (labels, classes, pictures). */
export interface PooledSamples extends Samples {
  batch(indices: ArrayLike<number>): Promise<Batch>;
  /** Ends the threads. Not needed at the end of a program: idle ones do not keep it alive. */
  close(): Promise<void>;
}

/**
 * Samples made in worker threads of Node, a whole batch in one thread: `fit` tells which batches come next, and they are
 * read, decoded and augmented while the step trains. The same samples in the same order as without.
 *
 * ```js
 * // my-samples.js: every worker makes its own
 * export default async (folder) => augmented((await imageFolder(folder, { size: [96, 96] })).train, { copies: 10 });
 * // train.js
 * const samples = await pooled(new URL('./my-samples.js', import.meta.url), { workers: 2, argument: 'pictures' });
 * await fit(model, samples, { epochs: 3 });
 * ```
 *
 * Arrays are handed over, not copied. `batch` must give the same for the same indices, whoever asked before: each worker sees
 * only some of the batches.
 *
 * @example
 * ```ts
 * const pictures = await pooled('./my-samples.js', { workers: 2, argument: 'pictures' });
 * await fit(model, pictures, { epochs: 3 });
 * ```
 *
 * @param module what a worker can import: a file or a URL. Its memory is that of one copy per worker.
 * @throws UnequalError in a bundle that `unequal` is a part of; if the module makes no Samples; `batch` throws one that names the sample that failed, or says that a
 *   worker has ended.
 */
export async function pooled(module: URL | string, options: PooledOptions = {}): Promise<PooledSamples> {
  const { workers = 2, ahead = workers + 1, name = 'default', argument } = checkedOptions('pooled', options, checks);
  for (const [option, value] of Object.entries({ workers, ahead })) {
    if (Number.isInteger(value) && value >= 1 && value <= 1024) continue;
    throw fault({ wrong: `bad ${option} of pooled`, got: value, expected: 'a whole number from 1 to 1024' });
  }
  const threads = await Threads.start(module, workers, ahead + 1, { name, argument });
  const { hasImages, places, ...told } = await threads
    .run<Described>({ task: 'describe' })
    .catch(async (cause: Error) => {
      await threads.close();
      throw fault({ wrong: `${module} gives no samples in a worker`, got: cause.message, cause });
    });
  const { length } = told;
  const make = async (indices: ArrayLike<number>): Promise<Batch> => {
    const answer = await threads.run<Answer>({ task: 'batch', indices: Int32Array.from(indices) });
    if (!('failed' in answer)) return answer;
    const { sample, message } = answer.failed;
    const which = sample === undefined ? `samples ${Array.from(indices).join(', ')}` : `sample ${sample}`;
    throw fault({ wrong: `${which} cannot be made in a worker`, got: message });
  };
  const batches = new BatchesAhead(make, ahead);
  const batch = (indices: ArrayLike<number>): Promise<Batch> => {
    checkIndices(indices, length);
    return batches.take(indices);
  };
  const image = (index: number): Promise<RawImage> => {
    checkIndices([index], length);
    return threads.run({ task: 'image', index });
  };
  const samples: PooledSamples & Partial<Pick<LabelledImages, 'image' | 'origin'>> = {
    ...told,
    pure: true,
    batch,
    soon: (indices) => batches.begin(indices),
    close: () => threads.close(),
    ...(hasImages && { image }),
    ...(places && { origin: { of: places, length: places.all, at: (index) => places.each[index] } }),
  };
  return samples;
}

type Described = {
  readonly length: number;
  readonly hasImages: boolean;
  /** Of all their data, how many there are, and where each sample stands in it. */
  readonly places?: { readonly all: number; readonly each: Int32Array };
};
type Answer = Batch | { readonly failed: { readonly sample?: number; readonly message: string } };

/** What the threads run. @throws UnequalError in a bundle, beside which it does not lie. */
function workerFile(): string {
  const { existsSync } = process.getBuiltinModule('node:fs');
  // A bundle in CommonJS has no address.
  const file = import.meta.url && new URL('./pool-worker.mjs', import.meta.url);
  if (file && existsSync(file)) return file.href;
  throw fault({
    wrong: 'pooled() starts threads with a file of unequal that is not in this bundle',
    got: file ? `no ${file.href}` : undefined,
    mend: 'leave unequal out of the bundle (esbuild: --external:unequal) and install it where the program runs',
  });
}

/** The workers, and what has become of them. */
class Threads {
  /** Threads that there are, each until it has ended. */
  private readonly running = new Map<object, Promise<void>>();
  /** Why there is nothing to be had any more. */
  private ended: Error | undefined;
  private readonly waiting = new Set<(error: Error) => void>();

  private constructor(private readonly pool: Tinypool) {
    pool.on('error', (error: Error) => this.end(error.message));
  }

  static async start(module: URL | string, workers: number, tasks: number, rest: object): Promise<Threads> {
    const filename = workerFile();
    const { Tinypool: Pool } = (await importInNode('tinypool')) as { Tinypool: typeof Tinypool };
    const { pathToFileURL } = process.getBuiltinModule('node:url');
    const { resolve } = process.getBuiltinModule('node:path');
    const isUrl = module instanceof URL || /^(file|data|node):/.test(module);
    const href = isUrl ? String(module) : pathToFileURL(resolve(module)).href;
    const pool = new Pool({
      filename,
      minThreads: workers,
      maxThreads: workers,
      // All that is asked for is sent at once: while this thread trains, nothing could be sent later.
      concurrentTasksPerWorker: tasks,
      useAtomics: false,
      workerData: { module: href, ...rest },
    });
    return new Threads(pool);
  }

  async run<T>(task: object): Promise<T> {
    if (this.ended) throw this.ended;
    this.watch();
    let fail: ((error: Error) => void) | undefined;
    try {
      return await new Promise<T>((resolve, reject) => {
        fail = reject;
        this.waiting.add(reject);
        this.pool.run(task).then(resolve, reject);
      });
    } finally {
      this.waiting.delete(fail!);
    }
  }

  /** The pool does not tell of a thread that exits. */
  private watch(): void {
    for (const thread of this.pool.threads) {
      if (this.running.has(thread)) continue;
      const exited = new Promise<void>((resolve) => {
        thread.once('exit', (code: unknown) => {
          resolve();
          this.end(`exit code ${code}`);
        });
      });
      this.running.set(thread, exited);
    }
  }

  private end(got: string): void {
    this.ended ??= fault({
      wrong: 'a worker has ended',
      got,
      expected: 'one that makes samples to the end of the run',
    });
    for (const fail of this.waiting) fail(this.ended);
  }

  async close(): Promise<void> {
    this.ended ??= fault({ wrong: 'these samples are closed', mend: 'call pooled() again' });
    for (const fail of this.waiting) fail(this.ended);
    // Not what it gives: it waits for ever for a thread that has ended by itself.
    this.pool.destroy().catch(() => {});
    await Promise.all(this.running.values());
  }
}
