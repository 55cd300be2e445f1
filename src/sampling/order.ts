/** The positions of the keys from the smallest to the largest, equal ones from first to last: (n,). */
export function ascending(keys: ArrayLike<number>): Int32Array {
  return positions(keys).sort((i, j) => keys[i] - keys[j] || i - j);
}

/** The positions of the keys from the largest to the smallest, equal ones from first to last: (n,). */
export function descending(keys: ArrayLike<number>): Int32Array {
  return positions(keys).sort((i, j) => keys[j] - keys[i] || i - j);
}

function positions({ length }: ArrayLike<number>): Int32Array {
  const all = new Int32Array(length);
  for (let i = 0; i < length; i++) all[i] = i;
  return all;
}
