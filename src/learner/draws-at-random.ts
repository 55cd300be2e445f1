import type { CompiledModel } from './model.ts';
import { allLayers, userCode } from './user-code.ts';

/** Whether a model may draw random numbers in training: dropout and noise do, and code of the user's may. */
export function drawsAtRandom(model: CompiledModel): boolean {
  return (
    userCode(model) !== undefined ||
    allLayers(model).some((layer) => {
      const {
        rate = 0,
        dropout = 0,
        recurrentDropout = 0,
      } = layer as { [share in 'rate' | 'dropout' | 'recurrentDropout']?: number };
      return rate > 0 || dropout > 0 || recurrentDropout > 0 || /Noise/.test(layer.getClassName());
    })
  );
}
