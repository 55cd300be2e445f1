import type { RunConfig } from '../report/record.ts';
import type { TrainingData } from './training-data.ts';

/** What `config.json` says of a target that was scaled, for the losses to be read by. @param loss of the model. */
export function scaledTarget({ preparation: { target } }: TrainingData, loss: string): RunConfig['data']['scaled'] {
  const { columns, std } = target;
  if (target.task !== 'regression' || std === undefined) return undefined;
  const known = std.length === 1 && loss === 'meanSquaredError';
  return { target: columns.join(', '), ...(known && { deviation: std[0] }) };
}
