import * as tf from '@tensorflow/tfjs';
import { fault } from '../errors.ts';
import type { State } from '../methods/method.ts';
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
      if (isStateful(callback)) states.push([name, callback.state()]);
      else if (isEarlyStopping(callback)) {
        states.push([name, Object.fromEntries(counted.map((field) => [field, callback[field]]))]);
      }
    }
    // A list, since a name can be any.
    return states;
  }

  /** @throws UnequalError if a callback does not take its state; all then keep theirs, as those that are new do. */
  async restore(states: State): Promise<void> {
    const before = this.state();
    try {
      await this.take(states);
    } catch (cause) {
      await this.take(before);
      throw cause;
    }
  }

  private async take(states: State): Promise<void> {
    for (const [name, state] of states as [string, State][]) {
      const callback = this.byName.get(name);
      if (callback === undefined) continue;
      if (isStateful(callback)) {
        try {
          await callback.restore(state);
        } catch (cause) {
          throw fault({ wrong: `the callback ${name} cannot be restored`, got: (cause as Error)?.message, cause });
        }
      } else if (isEarlyStopping(callback)) {
        if (!isObject(state) || counted.some((field) => typeof state[field] !== 'number')) {
          throw fault({ wrong: 'a bad state of EarlyStopping', got: state });
        }
        for (const field of counted) callback[field] = state[field] as number;
      }
    }
  }

  /** Whether early stopping has ended the run: then there is nothing to go on with. */
  get stopped(): boolean {
    return [...this.byName.values()].some((one) => isEarlyStopping(one) && one.wait > 0 && one.wait >= one.patience);
  }
}

function isStateful(callback: object): callback is Stateful {
  const { state, restore } = callback as Partial<Stateful>;
  return typeof state === 'function' && typeof restore === 'function';
}

function isEarlyStopping(callback: object): callback is Counts & { patience: number } {
  return callback instanceof tf.EarlyStopping;
}
