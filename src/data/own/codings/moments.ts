/** Mean and population deviation of numbers seen one by one (Welford, 1962). */
export class Moments {
  count = 0;
  mean = 0;
  private squares = 0;

  add(value: number): void {
    this.count++;
    const before = value - this.mean;
    this.mean += before / this.count;
    this.squares += before * (value - this.mean);
  }

  /** 1 where the numbers are all alike: what is divided by it stays 0. */
  get std(): number {
    const std = Math.sqrt(this.squares / this.count);
    return std > 0 ? std : 1;
  }
}

/**
 * A number with mean 0 and deviation 1 over the training rows.
 * @throws Error where it is none to learn from, or is none in single precision.
 */
export function scaled(value: number, mean: number, std: number): number {
  const number = (value - mean) / std;
  if (!Number.isFinite(Math.fround(number))) throw new Error(`${value}, which is no number to learn from`);
  return number;
}
