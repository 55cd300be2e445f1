import { named, type Tensors } from './named.ts';
import type { BatchTensors, Objective } from './objective.ts';

/** All that a step computes before it differentiates: layers, losses, penalties and metrics, in which code of the user's is called. */
export function forward(objective: Objective, batch: BatchTensors, training: boolean): Tensors {
  const pass = objective.pass(batch, training, false);
  return named({
    total: objective.total(pass.losses),
    losses: pass.losses,
    metrics: objective.metrics(batch.ys, pass),
  });
}
