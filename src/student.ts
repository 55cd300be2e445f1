/**
 * Quantile 0.975 of Student's t: what a 95 % interval has on either side. From the exact distribution of a whole number of
 * degrees of freedom, a finite sum of cosines (Abramowitz & Stegun 1964, 26.7.3 and 26.7.4), halving what it can be in.
 */
export function studentQuantile(degrees: number): number {
  const known = quantiles.get(degrees);
  if (known !== undefined) return known;
  let [below, above] = [1.9, 13];
  for (let k = 0; k < 60; k++) {
    const middle = (below + above) / 2;
    if (within(middle, degrees) < 0.95) below = middle;
    else above = middle;
  }
  quantiles.set(degrees, above);
  return above;
}

/** Tables ask for the same few again and again. */
const quantiles = new Map<number, number>();

/** The probability that |t| is at most this. */
function within(t: number, degrees: number): number {
  const angle = Math.atan(t / Math.sqrt(degrees));
  const square = Math.cos(angle) ** 2;
  const odd = degrees % 2 === 1;
  let [sum, term] = [0, odd ? Math.cos(angle) : 1];
  for (let k = odd ? 2 : 1; k < degrees; k += 2) {
    sum += term;
    term *= (square * k) / (k + 1);
  }
  return odd ? (2 / Math.PI) * (angle + Math.sin(angle) * sum) : Math.sin(angle) * sum;
}
