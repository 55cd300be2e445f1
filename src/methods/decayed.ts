import { checkMethod } from './check-method.ts';
import type { Method, Schedule } from './method.ts';
import { text } from './options.ts';
import { cosineDecay, factorsOf, scheduling } from './schedule.ts';
import { uniform } from './uniform.ts';

/**
 * A method with its learning rate decayed to the budget, be that epochs or seconds. `decayed(uniform())` is "fewer
 * steps, learning rate decayed to the budget", the baseline that a speed-up has to beat: much of what looks like the gain
 * of a cheaper epoch is that of a schedule that came to its end.
 *
 * @param schedule share of the budget used to a factor of the learning rate; multiplied with the run's own, if any.
 *
 * References: Li, Yumer & Ramanan, Budgeted Training: Rethinking Deep Neural Network Training Under Resource
 * Constraints, ICLR 2020 (arXiv:1905.04753).
 *
 * @example
 * ```ts
 * await fit(model, x, y, { epochs: 10, method: decayed(uniform(), cosineDecay()) });
 * ```
 */
export function decayed(method: Method = uniform(), schedule: Schedule = cosineDecay(), name?: string): Method {
  checkMethod('decayed', method);
  scheduling('schedule of decayed', schedule);
  if (name !== undefined) text('name of decayed', name);
  const combined: Schedule = method.schedule ? (progress) => method.schedule!(progress) * schedule(progress) : schedule;
  const options = { ...method.options, schedule: factorsOf(schedule) };
  return { ...method, name: name ?? `${method.name}, decayed`, options, schedule: combined };
}
