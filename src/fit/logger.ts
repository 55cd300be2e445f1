import * as tf from '@tensorflow/tfjs';
import { fault } from '../errors.ts';
import { logNumbers } from './log-numbers.ts';

/** What W&B, MLflow and others can be made into in three lines. */
export interface Logger {
  /** The run begins; with what callbacks are told of it. */
  begin?(params: Readonly<Record<string, unknown>>): void | Promise<void>;
  /** Numbers by name, after an epoch. */
  log(numbers: Readonly<Record<string, number>>, epoch: number): void | Promise<void>;
  end?(): void | Promise<void>;
}

/**
 * A callback that tells a logger what training tells: `callbacks: [logger({ log: (numbers) => wandb.log(numbers) })]`.
 *
 * @example
 * ```ts
 * await fit(model, x, y, { callbacks: logger({ log: (values, step) => console.log(step, values) }) });
 * ```
 *
 * @throws UnequalError for what has no function `log`.
 */
export function logger(to: Logger): tf.Callback {
  const wrong = 'no logger';
  const expected = '{ log, begin?, end? }, functions';
  if (typeof to !== 'object' || to === null) throw fault({ wrong, got: to ?? 'nothing', expected });
  for (const part of ['log', 'begin', 'end'] as const) {
    const given = typeof to[part] === 'function' || (part !== 'log' && (to[part] ?? undefined) === undefined);
    if (!given) throw fault({ wrong: `${wrong}: bad ${part}`, got: to[part] ?? 'nothing', expected });
  }
  return new LoggerCallback(to);
}

class LoggerCallback extends tf.Callback {
  constructor(private readonly to: Logger) {
    super();
  }

  override async onTrainBegin(): Promise<void> {
    await this.to.begin?.({ ...(this as unknown as { params: Record<string, unknown> }).params });
  }

  override async onEpochEnd(epoch: number, logs?: tf.Logs): Promise<void> {
    await this.to.log(await logNumbers(logs), epoch);
  }

  override async onTrainEnd(): Promise<void> {
    await this.to.end?.();
  }
}
