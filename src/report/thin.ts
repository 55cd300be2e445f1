/** Columns of a wide drawing: more points than a few in each cannot be told apart. */
export const columns = 600;
/** Those of a panel among several. */
export const panelColumns = 240;

/**
 * The points of a drawing that can be told apart: of each column the first, the last, and the lowest and the highest by
 * each measure, in their order. A short list stays as it is; a value that is no number is no extreme.
 */
export function thin<P>(
  points: readonly P[],
  measures: readonly ((point: P) => number | undefined)[],
  width = columns,
): readonly P[] {
  const most = 2 + 2 * measures.length;
  if (points.length <= most * width) return points;
  const perColumn = Math.ceil(points.length / width);
  const kept: P[] = [];
  for (let from = 0; from < points.length; from += perColumn) {
    const to = Math.min(points.length, from + perColumn);
    const places = new Set([from, to - 1]);
    for (const measure of measures) for (const place of extremes(points, measure, from, to)) places.add(place);
    for (const place of [...places].sort((a, b) => a - b)) kept.push(points[place]);
  }
  return kept;
}

function extremes<P>(
  points: readonly P[],
  measure: (point: P) => number | undefined,
  from: number,
  to: number,
): number[] {
  let [low, high] = [-1, -1];
  let [least, greatest] = [Infinity, -Infinity];
  for (let k = from; k < to; k++) {
    const value = measure(points[k]) ?? Number.NaN;
    if (value < least) [least, low] = [value, k];
    if (value > greatest) [greatest, high] = [value, k];
  }
  return [low, high].filter((place) => place >= 0);
}
