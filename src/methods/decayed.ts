import type { Method, Schedule } from './method.ts';
import { cosineDecay } from './schedule.ts';
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
 */
export function decayed(
  method: Method = uniform(),
  schedule: Schedule = cosineDecay(),
  name: string = `${method.name}, decayed`,
): Method {
  const combined: Schedule = method.schedule ? (progress) => method.schedule!(progress) * schedule(progress) : schedule;
  // A function cannot be written to a checkpoint, the factors at a few moments can be compared.
  const factors = [0, 0.125, 0.25, 0.375, 0.5, 0.625, 0.75, 0.875, 1].map(schedule);
  return { ...method, name, options: { ...method.options, schedule: factors }, schedule: combined };
}
