/** Columns of a drawing: more points than a few in each cannot be told apart. */
const columns = 600;

/**
 * The points of a line that its drawing needs: of each column the first, the lowest, the highest and the last, in their
 * order. A short line stays as it is.
 */
export function thin<P extends { readonly x: number; readonly y: number }>(points: readonly P[]): readonly P[] {
  if (points.length <= 4 * columns) return points;
  const perColumn = Math.ceil(points.length / columns);
  const kept: P[] = [];
  for (let from = 0; from < points.length; from += perColumn) {
    const to = Math.min(points.length, from + perColumn);
    let [low, high] = [from, from];
    for (let k = from; k < to; k++) {
      if (points[k].y < points[low].y) low = k;
      if (points[k].y > points[high].y) high = k;
    }
    const places = new Set([from, Math.min(low, high), Math.max(low, high), to - 1]);
    for (const k of places) kept.push(points[k]);
  }
  return kept;
}
