/** What `bench to-loss` makes of its runs. */
import { MNIST } from '../src/data/mnist.ts';
import { mainJob } from '../src/experiments/main-job.ts';
import { median } from './median.ts';

export const methodNames = ['uniform', 'importance'] as const;
export type MethodName = (typeof methodNames)[number];
const libraries = ['ours', 'PyTorch'] as const;
export type Library = (typeof libraries)[number];

/** Where a run stands after a turn. */
export interface Look {
  readonly steps: number;
  /** Of training. */
  readonly seconds: number;
  readonly loss: number;
  /** Steps that were not uniform. */
  readonly byImportance: number;
  /** The first of them, if there was one. */
  readonly start?: number;
}

export interface Run {
  readonly library: Library;
  readonly method: MethodName;
  readonly seed: number;
  readonly looks: readonly Look[];
}

const { batchSize, learningRate, momentum } = mainJob;
export const stepsPerEpoch = Math.ceil(MNIST.train / batchSize);
/** The targets: what uniform SGD has come to after these. */
const targetEpochs = [2, 5, 10, 15, 20];
/** Losses are compared at these shares of the seconds. */
const shares = [0.25, 0.5, 0.75, 1];

/** Each number: the median over the seeds. A ratio: the median of each seed's own. Infinity: not in these seconds. */
export function compare(runs: readonly Run[], seconds: number) {
  const seeds = [...new Set(runs.map(({ seed }) => seed))];
  const one = (library: Library, method: MethodName, seed: number) =>
    runs.find((run) => run.library === library && run.method === method && run.seed === seed) as Run;
  const uniforms = runs.filter(({ method }) => method === 'uniform');
  const targets = targetEpochs
    .filter((epochs) => uniforms.every(({ looks }) => looks.at(-1)!.steps >= epochs * stepsPerEpoch))
    .map((epochs) => {
      const steps = epochs * stepsPerEpoch;
      return { epochs, loss: geometricMean(uniforms.map(({ looks }) => lossAround(looks, 'steps', steps))) };
    });
  const first = (run: Run, below: number) => run.looks.find(({ loss }) => loss < below)?.seconds ?? Infinity;
  const over = (f: (seed: number) => number) => median(seeds.map(f));
  const rows = methodNames.flatMap((method) =>
    libraries.map((library) => {
      const of = (f: (run: Run) => number) => over((seed) => f(one(library, method, seed)));
      return {
        library,
        method,
        millisecondsPerStep: of(({ looks }) => (1e3 * looks.at(-1)!.seconds) / looks.at(-1)!.steps),
        importanceShare: of(({ looks }) => looks.at(-1)!.byImportance / looks.at(-1)!.steps),
        lossAfterEpochs: targets.map(({ epochs }) =>
          of(({ looks }) => lossAround(looks, 'steps', epochs * stepsPerEpoch)),
        ),
        lossAtSeconds: shares.map((share) => of(({ looks }) => lossAround(looks, 'seconds', share * seconds))),
        secondsToTargets: targets.map(({ loss }) => of((run) => first(run, loss))),
      };
    }),
  );
  const ratios = methodNames.map((method) => {
    const ratio = (f: (run: Run) => number) =>
      over((seed) => f(one('ours', method, seed)) / f(one('PyTorch', method, seed)));
    return {
      method,
      secondsToTargets: targets.map(({ loss }) => ratio((run) => first(run, loss))),
      lossAtSeconds: shares.map((share) => ratio(({ looks }) => lossAround(looks, 'seconds', share * seconds))),
    };
  });
  return { targets, rows, ratios };
}

/** The geometric mean of the losses in the last tenth of the way to a moment: a single look is noisy. */
function lossAround(looks: readonly Look[], axis: 'steps' | 'seconds', at: number): number {
  const near = looks.filter((look) => look[axis] > 0.9 * at && look[axis] <= at);
  const before = looks.filter((look) => look[axis] <= at).slice(-1);
  return geometricMean(
    (near.length > 0 ? near : before.length > 0 ? before : looks.slice(0, 1)).map(({ loss }) => loss),
  );
}

type Comparison = ReturnType<typeof compare>;
type Row = Comparison['rows'][number];
type Result = Comparison & {
  readonly seconds: number;
  readonly seeds: number;
  /** In which each side is fastest. */
  readonly settings: Readonly<Record<Library, string>>;
  readonly decay: boolean;
  /** The peer's first step by importance. */
  readonly start: number;
  /** Of `importance()`. */
  readonly options: object;
};

export function print({ targets, rows, ratios, seconds, seeds, settings, decay, start, options }: Result): void {
  const rate = `learning rate ${learningRate}${decay ? `, ${mainJob.scheduleName}` : ''}`;
  console.log(`MNIST, ${mainJob.model}; batch ${batchSize}, momentum ${momentum}, ${rate}`);
  console.log(`importance(): ${JSON.stringify(options)}; in PyTorch from step ${start} on`);
  console.log(`medians over ${seeds} seed${seeds === 1 ? '' : 's'}, ${seconds} s of training each`);
  for (const library of libraries) console.log(`${library}: ${settings[library]}`);
  const cell = (x: number | string) => {
    const text = typeof x === 'string' ? x : Number.isFinite(x) ? x.toPrecision(3) : '–';
    return text.padStart(10);
  };
  const line = (label: string, cells: readonly (number | string)[]) =>
    console.log(label.padEnd(26) + cells.map(cell).join(''));
  const table = (title: string, heads: readonly (number | string)[], cells: (row: Row) => (number | string)[]) => {
    console.log();
    line(title, heads);
    for (const row of rows) line(`  ${row.method.padEnd(11)} ${row.library}`, cells(row));
  };

  table('Steps', ['ms', 'by imp.'], (row) => [row.millisecondsPerStep, `${(100 * row.importanceShare).toFixed(0)} %`]);
  // A run that is too short comes to none of them.
  if (targets.length > 0) {
    const epochs = targets.map(({ epochs }) => `${epochs} epochs`);
    table('Training loss after', epochs, (row) => row.lossAfterEpochs);
    const losses = targets.map(({ loss }) => loss);
    table('Seconds to a loss of', losses, (row) => row.secondsToTargets);
    for (const { method, secondsToTargets } of ratios) line(`  ${method.padEnd(11)} ours/PyTorch`, secondsToTargets);
  }
  const moments = shares.map((share) => `${(share * seconds).toFixed(1)} s`);
  table('Training loss at', moments, (row) => row.lossAtSeconds);
  for (const { method, lossAtSeconds } of ratios) line(`  ${method.padEnd(11)} ours/PyTorch`, lossAtSeconds);
}

const geometricMean = (values: readonly number[]): number =>
  Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
