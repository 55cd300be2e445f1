/** Keeps every kth of the values added, with k doubled whenever there are too many. */
export class Thinned<T> {
  values: T[] = [];
  private every = 1;
  private count = 0;

  /** @param length how many are kept at least, once there were as many; at most twice as many. */
  constructor(private readonly length: number) {}

  add(value: T): void {
    if (this.count++ % this.every !== 0) return;
    this.values.push(value);
    if (this.values.length < 2 * this.length) return;
    this.values = this.values.filter((_, k) => k % 2 === 0);
    this.every *= 2;
  }

  state(): ThinnedState<T> {
    return { values: [...this.values], every: this.every, count: this.count };
  }

  restore({ values, every, count }: ThinnedState<T>): void {
    this.values = [...values];
    this.every = every;
    this.count = count;
  }
}

export interface ThinnedState<T> {
  readonly values: readonly T[];
  readonly every: number;
  readonly count: number;
}
