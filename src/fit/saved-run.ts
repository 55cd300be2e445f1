import { fault } from '../errors.ts';
import { isPrimitive } from '../learner/field-slots.ts';
import type { Settings } from '../learner/model-settings.ts';
import type { State } from '../methods/method.ts';
import { cores } from '../platform.ts';
import { counted } from '../plural.ts';
import { printable } from '../printable.ts';
import type { EpochLogger } from './callbacks.ts';
import type { CappedState } from './capped.ts';
import { readCheckpoint } from './checkpoint.ts';
import type { SwitchRecord } from './history.ts';
import { checkSameRun, type Identity } from './identity.ts';
import { withNamesOfNow } from './names-of-now.ts';
import type { RunOptions } from './run-options.ts';
import { checkCount, isObject } from './same-shape.ts';
import type { SampleMemoryState } from './sample-memory.ts';
import { mostPasses } from './stream-source.ts';

/** Where a run stands. */
export interface Place {
  readonly epoch: number;
  /** Steps of the epoch that are done. */
  readonly batch: number;
  /** Whether the callbacks know that the epoch has begun. */
  readonly begun: boolean;
}

/** What the callbacks were told, and hold. */
export interface Told {
  readonly history: { readonly epoch: number[]; readonly history: { [name: string]: number[] } };
  readonly callbacks: State;
}

/** What a checkpoint holds. */
export interface SavedRun {
  readonly identity: Identity;
  readonly seed: number;
  /** Threads of an operation: sums of another number of them differ in the last bit. */
  readonly threads: number;
  readonly place: Place;
  readonly logger: ReturnType<EpochLogger['state']>;
  readonly told: Told;
  /** What was told at the end of a run that ended within an epoch; void where it goes on. */
  readonly final: Told | null;
  readonly switches: SwitchRecord[];
  readonly capped: CappedState;
  /** What became of each sample; none of a stream's. */
  readonly samples: SampleMemoryState | null;
  /** How the run went so far. */
  readonly course: State;
  /** What has changed in fields of layers and of the optimizer. */
  readonly settings: Settings;
  /** How often the validation stream was opened. */
  readonly validations: number;
  readonly trainer: State;
}

/**
 * The run that is to be gone on with, from its checkpoint.
 * @param identity of the run that is asked for.
 * @throws UnequalError if it is not of this run.
 */
export async function readSavedRun(
  { resume, seed, store, epoch, length, team }: RunOptions,
  identity: () => Promise<Identity>,
  outputs: readonly string[],
): Promise<SavedRun | undefined> {
  if (resume === undefined) return undefined;
  const now = await identity();
  const saved = withNamesOfNow(
    checkSavedRun(resume, await readCheckpoint(resume, store)),
    now.metrics as string[],
    outputs,
  );
  const given = seed === undefined ? {} : { seed };
  checkSameRun(resume, { ...saved.identity, seed: saved.seed }, { ...now, ...given });
  // How many steps an epoch of several processes has depends on who was there.
  if (!team) checkPlace(resume, saved, epoch.steps, length);
  const threads = cores();
  if (saved.threads !== threads) {
    console.warn(
      `unequal: ${printable(resume)} was written with ${counted(saved.threads, 'thread')}, and this machine has ${threads}: the run goes on, but not to the same last bit.`,
    );
  }
  return saved;
}

/** @throws UnequalError naming the part that is not one of a saved run. */
export function checkSavedRun(path: string, state: State): SavedRun {
  try {
    check(state);
    return state as unknown as SavedRun;
  } catch (cause) {
    throw fault({ wrong: `${path} holds no run`, got: (cause as Error).message, cause });
  }
}

function check(state: State): void {
  const wrong = (part: string) => fault({ wrong: `a wrong ${part}` });
  const all = (list: unknown, right: (one: unknown) => boolean) => Array.isArray(list) && list.every(right);
  const isNumber = (value: unknown) => typeof value === 'number';
  const isCount = (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 0;
  if (!isObject(state)) throw wrong('state');
  if (!isObject(state.identity)) throw wrong('identity');
  if (!Number.isSafeInteger(state.seed)) throw wrong('seed');
  checkCount(state.threads, 'threads');
  const { place, logger, switches, capped } = state;
  if (!isObject(place) || typeof place.begun !== 'boolean') throw wrong('place');
  checkCount(place.epoch, 'place.epoch');
  checkCount(place.batch, 'place.batch');
  if (!isObject(logger) || !isObject(logger.totals)) throw wrong('logger');
  checkCount(logger.seen, 'logger.seen');
  checkCount(logger.estimated, 'logger.estimated');
  const { metrics } = state.identity;
  // TensorFlow.js's history breaks on a name that every object has, like 'constructor'.
  const isTotal = ([name, value]: [string, unknown]) =>
    Array.isArray(metrics) && metrics.includes(name) && isNumber(value);
  if (!Object.entries(logger.totals).every(isTotal)) throw wrong('logger.totals');
  checkTold(state.told, 'told');
  if (state.final !== null) checkTold(state.final, 'final');
  const isSwitch = (one: unknown) =>
    isObject(one) &&
    typeof one.on === 'boolean' &&
    typeof one.why === 'string' &&
    [one.step, one.epoch, one.seconds].every(isNumber);
  if (!all(switches, isSwitch)) throw wrong('switches');
  if (!all(capped, (pair) => all(pair, isCount) && (pair as unknown[]).length === 2)) throw wrong('capped');
  if (!all(state.settings, isSetting)) throw wrong('settings');
  checkCount(state.validations, 'number of validations', mostPasses);
  if (!isObject(state.trainer)) throw wrong('trainer');

  function checkTold(told: State | undefined, name: string): void {
    if (!isObject(told) || !isObject(told.history)) throw wrong(name);
    const { epoch, history } = told.history;
    if (!all(epoch, isCount)) throw wrong(`${name}.history.epoch`);
    if (!isObject(history)) throw wrong(`${name}.history`);
    for (const values of Object.values(history)) {
      if (!all(values, isNumber) || (values as unknown[]).length > (epoch as unknown[]).length) {
        throw wrong(`${name}.history`);
      }
    }
    const isNamed = (pair: unknown) => Array.isArray(pair) && pair.length === 2 && typeof pair[0] === 'string';
    if (!all(told.callbacks, isNamed)) throw wrong(`${name}.callbacks`);
  }
}

/** A field, and what it holds, if it holds something. */
function isSetting(one: unknown): boolean {
  return Array.isArray(one) && one.length > 0 && one.length <= 2 && typeof one[0] === 'string' && isPrimitive(one[1]);
}

/** @throws UnequalError if the steps of a run are not those of its epochs. */
function checkPlace(path: string, { place, trainer }: SavedRun, steps: number | undefined, length?: number): void {
  if (steps === undefined || length === undefined) return;
  const done = (trainer as { steps?: State }).steps;
  checkCount(done, 'trainer.steps');
  const before = place.epoch * steps + place.batch - (done as number);
  if (place.batch <= steps && before >= 0 && before % steps === 0 && (place.begun || place.batch === 0)) return;
  throw fault({
    wrong: `${path} holds no run`,
    got: `epoch ${place.epoch}, batch ${place.batch}, after ${counted(done as number, 'step')}`,
    expected: `${counted(steps, 'step')} an epoch`,
  });
}
