import * as tf from '@tensorflow/tfjs';
import { fault } from '../errors.ts';
import type { State } from '../methods/method.ts';
import { EarlyStopping } from './early-stopping.ts';
import { isObject } from './same-shape.ts';

/** A callback with a state of its own, kept in checkpoints. */
interface Stateful {
  state(): State;
  restore(state: State): void | Promise<void>;
}

/** What `tf.callbacks.earlyStopping` counts. */
const counted = ['wait', 'best', 'stoppedEpoch'] as const;
type Counts = { [name in (typeof counted)[number]]: number };

/** The states of the callbacks of a run, by their class and their place among those of it. */
export class CallbackStates {
  private readonly byName: ReadonlyMap<string, object>;

  constructor(callbacks: readonly object[]) {
    const seen = new Map<string, number>();
    this.byName = new Map(
      callbacks.map((callback) => {
        const kind = callback.constructor?.name ?? 'Object';
        const place = seen.get(kind) ?? 0;
        seen.set(kind, place + 1);
        return [`${kind} ${place}`, callback];
      }),
    );
  }

  /** @throws UnequalError if one cannot be had. */
  state(): State {
    const states: [string, State][] = [];
    for (const [name, callback] of this.byName) {
      const state = stateOf(callback);
      if (state !== undefined) states.push([name, state]);
    }
    // A list, since a name can be any.
    return states;
  }

  /** @throws UnequalError if a callback does not take its state; all then keep theirs, as those that are new do. */
  async restore(states: State): Promise<void> {
    const before: [object, State][] = [];
    for (const [name, state] of states as [string, State][]) {
      const callback = this.byName.get(name);
      if (callback === undefined) continue;
      const own = stateBefore(callback);
      if (own !== undefined) before.push([callback, own]);
      try {
        await take(callback, state);
      } catch (cause) {
        // What one of them says to its own state is not what went wrong.
        for (const [one, was] of before) await take(one, was).catch(() => {});
        throw fault({ wrong: `the callback ${name} cannot be restored`, got: (cause as Error)?.message, cause });
      }
    }
  }

  /** Whether early stopping has ended the run: then there is nothing to go on with. */
  get stopped(): boolean {
    return [...this.byName.values()].some((one) => isEarlyStopping(one) && one.wait > 0 && one.wait >= one.patience);
  }

  /** The epoch whose weights the last of them puts back when training ends. */
  get restored(): number | undefined {
    return [...this.byName.values()].findLast((one) => one instanceof EarlyStopping)?.bestEpoch;
  }
}

function stateOf(callback: object): State | undefined {
  if (isStateful(callback)) return callback.state();
  return isEarlyStopping(callback) ? Object.fromEntries(counted.map((field) => [field, callback[field]])) : undefined;
}

/** A callback that has seen nothing yet may have no state to give. */
function stateBefore(callback: object): State | undefined {
  try {
    return stateOf(callback);
  } catch {
    return undefined;
  }
}

async function take(callback: object, state: State): Promise<void> {
  if (isStateful(callback)) return callback.restore(state);
  if (!isEarlyStopping(callback)) return;
  if (!isObject(state) || counted.some((field) => typeof state[field] !== 'number')) {
    throw fault({ wrong: 'a bad state of EarlyStopping', got: state });
  }
  for (const field of counted) callback[field] = state[field] as number;
}

function isStateful(callback: object): callback is Stateful {
  const { state, restore } = callback as Partial<Stateful>;
  return typeof state === 'function' && typeof restore === 'function';
}

function isEarlyStopping(callback: object): callback is Counts & { patience: number } {
  return callback instanceof tf.EarlyStopping;
}
