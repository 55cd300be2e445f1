/** Share of the queries whose nearest reference, by squared distance, is of another class. Rows of `width` numbers. */
export function nearestNeighbourError(
  reference: { values: Float32Array; labels: ArrayLike<number> },
  queries: { values: Float32Array; labels: ArrayLike<number> },
  width: number,
): number {
  let wrong = 0;
  for (let q = 0; q < queries.labels.length; q++) {
    let nearest = -1;
    let least = Infinity;
    for (let r = 0; r < reference.labels.length; r++) {
      let distance = 0;
      for (let k = 0; k < width && distance < least; k++) {
        distance += (reference.values[r * width + k] - queries.values[q * width + k]) ** 2;
      }
      if (distance < least) {
        least = distance;
        nearest = r;
      }
    }
    if (reference.labels[nearest] !== queries.labels[q]) wrong++;
  }
  return wrong / queries.labels.length;
}
