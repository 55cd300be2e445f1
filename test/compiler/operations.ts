import { reachable, type Value } from '../../src/compiler/graph.ts';
import { accumulate } from '../../src/compiler/rewrite/accumulate.ts';
import { layOut } from '../../src/compiler/rewrite/blocked.ts';
import { foldScales } from '../../src/compiler/rewrite/fold-scale.ts';
import { takeOutFactors } from '../../src/compiler/rewrite/narrow-factors.ts';
import { poolSteps } from '../../src/compiler/rewrite/pooled-steps.ts';
import { shapeReductions } from '../../src/compiler/rewrite/reduction-shapes.ts';
import { type Traceable, trace } from '../../src/compiler/trace.ts';

/** The operations of a function after the passes over its graph, those of the blocked layout with their domain's last word. */
export function operations(
  fn: Traceable,
  shapes: Readonly<Record<string, readonly number[]>>,
  block: number,
): string[] {
  return nodes(fn, shapes, block).map(({ op, domain }) => (domain.endsWith('nchwc') ? `nchwc.${op}` : op));
}

export function nodes(fn: Traceable, shapes: Readonly<Record<string, readonly number[]>>, block: number) {
  const ports = Object.entries(shapes).map(([name, shape]) => ({ name, shape, dtype: 'float32' as const }));
  const { emitter, outputs } = trace(fn, ports, []);
  const results = new Map<string, Value>([...outputs].map(([name, s]) => [name, emitter.full(s)]));
  const values = takeOutFactors(results, emitter);
  foldScales(values.values(), emitter);
  accumulate(values.values(), emitter);
  poolSteps(values.values(), emitter);
  const laidOut = [...layOut(values, emitter, block).values()];
  shapeReductions(laidOut, emitter);
  return reachable(laidOut);
}
