import { float, type GraphNode, type Value } from '../graph.ts';
import type { Emitter } from '../symbol.ts';

/** Steep enough that every difference of normal numbers saturates. */
const STEEP = 3e38;

/**
 * 1 where x > 0 (or x ≥ 0, with `atZero` 1), else 0, as ONNX's HardSigmoid `max(0, min(1, αx + β))`: one vectorised pass over memory,
 * where Greater and Cast are two slow ones. Numbers below 1e-38 count as zero.
 */
export const step = (e: Emitter, x: Value, atZero: 0 | 1 = 0): Value =>
  e.unary('HardSigmoid', x, { alpha: float(STEEP), beta: float(atZero) });

/** Whether a node is the step at zero, exclusive. */
export const isStep = ({ op, attributes }: GraphNode): boolean =>
  op === 'HardSigmoid' && `${JSON.stringify(attributes)}` === JSON.stringify({ alpha: float(STEEP), beta: float(0) });
