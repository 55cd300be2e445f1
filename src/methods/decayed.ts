import { text } from '../options.ts';
import { checkMethod } from './check-method.ts';
import type { Method, Schedule } from './method.ts';
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
export function decayed(method?: Method, schedule?: Schedule, name?: string): Method {
  method ??= uniform();
  checkMethod('decayed', method);
  schedule ??= cosineDecay();
  scheduling('schedule of decayed', schedule);
  name ??= `${method.name}, decayed`;
  text('name of decayed', name);
  const [own, further] = [method.schedule, schedule];
  const combined: Schedule = own ? (progress) => own(progress) * further(progress) : further;
  const options = { ...method.options, schedule: factorsOf(schedule) };
  return { ...method, name, options, schedule: combined };
}
