import { bodies, inside, reachable, type Value } from '../graph.ts';

/** How often each value is used: by nodes, in the bodies of loops, and as a result. */
export function countUses(results: readonly Value[]): ReadonlyMap<Value, number> {
  const uses = new Map<Value, number>();
  const use = (value: Value | null): void => {
    if (value) uses.set(value, (uses.get(value) ?? 0) + 1);
  };
  results.forEach(use);
  for (const node of reachable(results)) {
    node.inputs.forEach(use);
    for (const body of bodies(node)) inside(body).captured.forEach(use);
  }
  return uses;
}
