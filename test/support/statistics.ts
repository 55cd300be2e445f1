/** P(X > x) for X chi-square with `degrees` degrees of freedom: the upper regularised incomplete gamma function. */
export function chiSquareTail(x: number, degrees: number): number {
  const a = degrees / 2;
  const z = x / 2;
  if (z <= 0) return 1;
  const scale = Math.exp(a * Math.log(z) - z - logGamma(a));
  if (z < a + 1) {
    let term = 1 / a;
    let sum = term;
    for (let n = 1; term > sum * 1e-16; n++) {
      term *= z / (a + n);
      sum += term;
    }
    return 1 - scale * sum;
  }
  // Lentz's continued fraction.
  let b = z + 1 - a;
  let c = 1e300;
  let d = 1 / b;
  let h = d;
  for (let i = 1; i < 10_000; i++) {
    const an = -i * (i - a);
    b += 2;
    d = 1 / (an * d + b);
    c = b + an / c;
    h *= d * c;
    if (Math.abs(d * c - 1) < 1e-15) break;
  }
  return scale * h;
}

/** Pearson's test: the p-value of observed counts against expected ones. Bins expected to be empty must be empty. */
export function chiSquareTest(observed: ArrayLike<number>, expected: ArrayLike<number>): number {
  let x = 0;
  let degrees = -1;
  for (let i = 0; i < expected.length; i++) {
    if (expected[i] === 0 && observed[i] !== 0) return 0;
    if (expected[i] === 0) continue;
    x += (observed[i] - expected[i]) ** 2 / expected[i];
    degrees++;
  }
  return degrees < 1 ? 1 : chiSquareTail(x, degrees);
}

/** The number of standard errors by which the mean of `values` misses `expected`. */
export function zScore(values: ArrayLike<number>, expected: number): number {
  const { mean, variance } = moments(values);
  return (
    (mean - expected) / Math.max(Math.sqrt(variance / values.length), 1e-12 * Math.abs(expected), Number.MIN_VALUE)
  );
}

export function moments(values: ArrayLike<number>): { mean: number; variance: number } {
  const n = values.length;
  let mean = 0;
  for (let i = 0; i < n; i++) mean += values[i] / n;
  let variance = 0;
  for (let i = 0; i < n; i++) variance += (values[i] - mean) ** 2 / (n - 1);
  return { mean, variance };
}

/** Lanczos's approximation, g = 7. */
function logGamma(x: number): number {
  if (x < 0.5) return Math.log(Math.PI / Math.sin(Math.PI * x)) - logGamma(1 - x);
  const coefficients = [
    0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
    12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
  ];
  const t = x + 6.5;
  let sum = coefficients[0];
  for (let i = 1; i < 9; i++) sum += coefficients[i] / (x - 1 + i);
  return 0.5 * Math.log(2 * Math.PI) + (x - 0.5) * Math.log(t) - t + Math.log(sum);
}
