/** Trains a program by `model.fit` and by `fit`, and says in words what differs. */
import { RareSizes } from '../../src/learner/rare-sizes.ts';
import type { Outcome, Program } from './program.ts';
import { isRefusal, type Note, type Record_, record, type Way } from './record.ts';

/** How far two numbers may be apart, relative to the largest of their kind. */
const relative = 1e-4;

export interface Comparison {
  /** What is other than with `model.fit`; empty where all is the same. */
  readonly faults: string[];
  /** How `fit` trained the program. */
  readonly outcome: Outcome;
}

/** @param expected What the table says of the program. */
export async function compare(program: Program, expected: Outcome): Promise<Comparison> {
  const faults: string[] = [];
  const add = (way: Way, found: readonly string[]) => faults.push(...found.map((line) => `${way}: ${line}`));
  const reference = await record(program, 'model.fit');
  const auto = await record(program, 'auto');
  const outcome = outcomeOf(auto);
  if (outcome !== expected) add('auto', [`expected to be ${words[expected]}, was ${words[outcome]}${why(auto)}`]);
  if (outcome === 'refused') {
    if (auto.steps > 0) add('auto', [`refused only after ${auto.steps} steps`]);
    add('auto', auto.faults);
    const eagerly = await record(program, 'eager');
    if (outcomeOf(eagerly) !== 'refused') add('eager', differences(reference, eagerly, program));
    return { faults, outcome };
  }
  add('auto', differences(reference, auto, program));
  add('short', differences(reference, await short(program), program));
  const unwatched = await record(program, 'unwatched');
  add('unwatched', differences(trainedAlone(reference), unwatched, program));
  const eagerly = await record(program, 'eager');
  if (eagerly.warnings.some(isFallback)) add('eager', [`warned without need: ${eagerly.warnings.find(isFallback)}`]);
  add('eager', differences(reference, eagerly, program));
  const importance = await record(program, 'importance');
  add('importance', importance.faults);
  if (importance.error !== undefined && reference.error === undefined) add('importance', [`threw${why(importance)}`]);
  const finite = reference.notes.every(({ numbers }) => numbers.every(Number.isFinite));
  const odd = importance.notes.find(({ of, numbers }) => /history/.test(of) && !numbers.every(Number.isFinite));
  if (finite && odd) add('importance', [`${odd.of} is not finite: ${odd.numbers.join(' ')}`]);
  return { faults, outcome };
}

/** As everyone trains, where a few steps are not compiled. */
export async function short(program: Program): Promise<Record_> {
  const { few } = RareSizes;
  RareSizes.few = 10;
  try {
    return await record(program, 'short');
  } finally {
    RareSizes.few = few;
  }
}

/** The program's own training, without what was seen between batches. */
function trainedAlone(all: Record_): Record_ {
  return {
    ...all,
    notes: all.notes.slice(0, all.ran.notes).filter(({ of }) => !of.startsWith('onBatch')),
    calls: all.calls.slice(0, all.ran.calls).filter((call) => !call.startsWith('onBatch')),
  };
}

const words: Record<Outcome, string> = {
  compiled: 'trained compiled',
  eager: 'trained eagerly',
  refused: 'refused',
};

export const isFallback = (warning: string): boolean => /^unequal: .*eager/.test(warning);

export function outcomeOf({ error, warnings }: Record_): Outcome {
  if (isRefusal(error)) return 'refused';
  return warnings.some(isFallback) ? 'eager' : 'compiled';
}

const why = ({ error, warnings }: Record_): string => {
  if (error !== undefined) return `: ${(error as Error).name}: ${(error as Error).message.slice(0, 300)}`;
  const warning = warnings.find(isFallback);
  return warning === undefined ? '' : `: ${warning.slice(0, 300)}`;
};

/** What `got` has other than `wanted`, at most a few lines: the first of each kind. */
export function differences(
  wanted: Record_,
  got: Record_,
  { tolerance = relative, wrongThere }: Pick<Program, 'tolerance' | 'wrongThere'> = {},
): string[] {
  const faults = [...got.faults];
  const messages = [wanted.error, got.error].map((error) => (error === undefined ? '' : (error as Error).message));
  if (messages[0] !== messages[1]) {
    faults.push(messages[1] === '' ? `did not throw: ${messages[0]}` : `threw${why(got)}`);
    // What did not run cannot be compared.
    if (messages[1] !== '') return faults;
  }
  for (const warning of new Set(got.warnings)) {
    const times = got.warnings.filter((one) => one === warning).length;
    if (isFallback(warning) && times > got.models.size) faults.push(`warned ${times} times: ${warning.slice(0, 160)}`);
    if (!isFallback(warning) && wanted.warnings.length === 0) faults.push(`warned: ${warning.slice(0, 160)}`);
  }
  const call = wanted.calls.findIndex((line, k) => got.calls[k] !== line);
  if (call >= 0) faults.push(`call ${call} of the callbacks: ${got.calls[call]} in place of ${wanted.calls[call]}`);
  else if (got.calls.length > wanted.calls.length) {
    faults.push(`more calls of callbacks: ${got.calls.slice(wanted.calls.length).slice(0, 4).join('; ')}`);
  }
  const kinds = new Set<string>();
  const [theirs, ours] = [grouped(wanted.notes), grouped(got.notes)];
  for (const [of, list] of theirs) {
    for (const [k, numbers] of list.entries()) {
      const found = ours.get(of)?.[k];
      if (found !== undefined && near(numbers, found, tolerance)) continue;
      if (wrongThere?.test(of)) continue;
      // Where something throws, model.fit itself leaves tensors behind.
      if (of.endsWith(' it left') && (wanted.error !== undefined || (found && found[0] <= numbers[0]))) continue;
      const kind = of.replace(/\d+/g, '#');
      if (kinds.has(kind)) continue;
      kinds.add(kind);
      faults.push(`${of}${k > 0 ? `, time ${k + 1}` : ''}: ${show(numbers, found)}`);
    }
  }
  for (const of of ours.keys()) if (!theirs.has(of)) faults.push(`${of}: not with model.fit`);
  return faults.length > 12 ? [...faults.slice(0, 12), `… ${faults.length} in all`] : faults;
}

function grouped(notes: readonly Note[]): Map<string, (readonly number[])[]> {
  const groups = new Map<string, (readonly number[])[]>();
  for (const { of, numbers } of notes) groups.set(of, [...(groups.get(of) ?? []), numbers]);
  return groups;
}

function near(wanted: readonly number[], got: readonly number[], tolerance: number): boolean {
  if (wanted.length !== got.length) return false;
  let scale = 0;
  for (const value of wanted) if (Number.isFinite(value)) scale = Math.max(scale, Math.abs(value));
  // Sums of numbers near 1 that are near 0 themselves have the rounding errors of those numbers.
  const most = tolerance * scale + 1e-6;
  return wanted.every((value, i) => Object.is(value, got[i]) || Math.abs(value - got[i]) <= most);
}

function show(wanted: readonly number[], got: readonly number[] | undefined): string {
  if (got === undefined) return 'missing';
  if (wanted.length !== got.length) return `${got.length} numbers in place of ${wanted.length}`;
  let worst = 0;
  const off = (i: number) => Math.abs(wanted[i] - got[i]);
  for (let i = 0; i < wanted.length; i++) if (!(off(i) <= off(worst))) worst = i;
  const line = (list: readonly number[]) =>
    list.length <= 4
      ? list.map((value) => +value.toPrecision(6)).join(' ')
      : `[${worst}] ${+list[worst].toPrecision(6)}`;
  return `${line(got)} in place of ${line(wanted)}`;
}
