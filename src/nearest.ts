import { fault, type UnequalError } from './errors.ts';

/** The name in `names` with the smallest edit distance to `name`, case aside; `undefined` where none is near. */
export function nearestName(name: string, names: Iterable<string>): string | undefined {
  const wanted = name.toLowerCase();
  let nearest: string | undefined;
  let least = Math.max(2, Math.ceil(wanted.length / 2)) + 1;
  for (const candidate of names) {
    const distance = editDistance(wanted, candidate.toLowerCase());
    if (distance < least) {
      nearest = candidate;
      least = distance;
    }
  }
  return nearest;
}

/** The error for a name that is not in a registry, with the nearest one that is. `kind` is what is named: `method`, … */
export function unknownName(kind: string, name: unknown, names: Iterable<string>): UnequalError {
  const all = [...names];
  const nearest = typeof name === 'string' ? nearestName(name, all) : undefined;
  return fault({
    wrong: `unknown ${kind}`,
    got: typeof name === 'string' ? `'${name}'` : name,
    expected: all.length === 0 ? 'none' : `one of ${all.map((known) => `'${known}'`).join(', ')}`,
    mend: nearest === undefined ? undefined : `did you mean '${nearest}'?`,
  });
}

/** Levenshtein's distance, one row of the table at a time. */
export function editDistance(a: string, b: string): number {
  const row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    let diagonal = row[0];
    row[0] = i;
    for (let j = 1; j <= b.length; j++) {
      const replace = diagonal + (a[i - 1] === b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = Math.min(replace, row[j] + 1, row[j - 1] + 1);
    }
  }
  return row[b.length];
}
