/** The property: a program put together at random trains by `fit` as it does by `model.fit`. */
import fc from 'fast-check';
import { differences, isFallback, outcomeOf, short } from './compare.ts';
import type { Nudge } from './nudge.ts';
import type { Program } from './program.ts';
import { type Record_, record } from './record.ts';

/** A kind of programs that are put together at random. */
export interface Kind<Spec> {
  readonly specs: fc.Arbitrary<Spec>;
  readonly programOf: (spec: Spec, nudge?: Nudge) => Program;
  /** A program as text, for people. */
  readonly text?: (spec: Spec) => string;
  /** By which variable of the environment one of them is given. */
  readonly again: 'SAME_SPEC' | 'SAME_COURSE';
  /** Whether they are also trained as everyone does, where a few steps are not compiled. */
  readonly short?: boolean;
}

/** How much further than rounding errors of its weights take a program its numbers may be. */
const allowance = 30;
const rounding = 1e-6;
const explosion = 1e5;

/** Programs that were given more than the usual tolerance. */
let lenient = 0;
const mostLenient = 0.05;

/** What of a random program `fit` does otherwise; empty where all is the same, `undefined` where `model.fit` itself trains nothing. */
export async function check<Spec>(kind: Kind<Spec>, spec: Spec): Promise<string[] | undefined> {
  const program = kind.programOf(spec);
  const reference = await record(program, 'model.fit');
  // Such as the gradient of a bilinear resizing of images that are not square.
  if (reference.error !== undefined) return undefined;
  // What explodes is made of rounding errors, those of saturated activations.
  if (allFinite(reference) && largest(reference) > explosion) return undefined;
  const all = [await record(program, 'auto'), ...(kind.short ? [await short(program)] : [])];
  for (const one of all) {
    // Where model.fit goes on with NaN, fit stops.
    const outcome = outcomeOf(one);
    if (outcome === 'refused') return allFinite(reference) ? [`refused: ${(one.error as Error).message}`] : [];
    if (outcome === 'eager') return [`not compiled: ${one.warnings.find(isFallback)}`];
  }
  const by = (tolerance?: number) =>
    all.flatMap((one) => differences(reference, one, tolerance === undefined ? program : { ...program, tolerance }));
  const faults = by();
  if (faults.length === 0) return faults;
  // A ReLU at 0, two equal maxima, a root of nearly nothing: some programs go elsewhere after a rounding error.
  let farthest = 0;
  for (const seed of [1, 2, 3]) {
    const moved = await record(kind.programOf(spec, { rounding, seed }), 'model.fit');
    farthest = Math.max(farthest, apart(reference, moved));
  }
  const tolerance = allowance * farthest;
  if (tolerance < 1e-4) return faults;
  lenient++;
  return by(tolerance);
}

const allFinite = ({ notes }: Record_): boolean => notes.every(({ numbers }) => numbers.every(Number.isFinite));

const largest = ({ notes }: Record_): number =>
  notes.reduce(
    (most, { of, numbers }) => (of.endsWith(' it left') ? most : Math.max(most, ...numbers.map(Math.abs))),
    0,
  );

/** How far the numbers of two trainings are apart, relative to the largest of their kind. */
function apart(one: Record_, other: Record_): number {
  let most = 0;
  for (const [k, { numbers }] of one.notes.entries()) {
    const scale = Math.max(1e-6, ...numbers.map(Math.abs));
    for (const [i, value] of numbers.entries()) {
      most = Math.max(most, Math.abs(value - (other.notes[k]?.numbers[i] ?? value)) / scale);
    }
  }
  return most;
}

/** @throws Error with the seed and a small program, if one trains otherwise. */
export async function checkMany<Spec>(kind: Kind<Spec>, runs: number, seed: number): Promise<void> {
  const property = fc.asyncProperty(kind.specs, async (spec) => {
    const faults = await check(kind, spec);
    fc.pre(faults !== undefined);
    if (faults.length > 0) throw new Error(faults.join('\n'));
  });
  const { failed, counterexample, errorInstance, numRuns } = await fc.check(property, { numRuns: runs, seed });
  if (!failed) {
    if (lenient > mostLenient * runs + 5) throw new Error(`${lenient} of ${runs} programs were compared leniently`);
    return;
  }
  const spec = counterexample![0];
  throw new Error(
    `Program ${numRuns} of seed ${seed} does not train the same.\n${(errorInstance as Error).message}\n\n${kind.text?.(spec) ?? ''}\nAgain: ${kind.again}='${JSON.stringify(spec)}' npm run same`,
  );
}
