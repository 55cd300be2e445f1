/**
 * Seconds per sample of scoring and of a training step, measured where the model runs while it trains. Reading the data
 * counts on both sides: a presample has to be fetched as well as passed forward.
 *
 * Medians of the last few measurements: these are taken on machines that do other things too. The first measurement of
 * each kind pays for compilation and allocation and is left out.
 */
export class Costs {
  private readonly forwardTimes = new Recent();
  private readonly stepTimes = new Recent();

  /** Records that `samples` were fetched and scored in `seconds`. */
  recordForward(samples: number, seconds: number): void {
    this.forwardTimes.add(seconds / samples);
  }

  /** Records an update on `samples`, with fetching them where scoring has not. */
  recordStep(samples: number, seconds: number): void {
    this.stepTimes.add(seconds / samples);
  }

  /** t_f in seconds, with all that scoring takes, `undefined` until it has been measured. */
  get forward(): number | undefined {
    return this.forwardTimes.median();
  }

  /** t_f + t_b in seconds, with all that a uniform step takes, `undefined` until it has been measured. */
  get step(): number | undefined {
    return this.stepTimes.median();
  }

  state(): { forward: number[]; step: number[] } {
    return { forward: this.forwardTimes.values(), step: this.stepTimes.values() };
  }

  restore({ forward, step }: { forward: readonly number[]; step: readonly number[] }): void {
    this.forwardTimes.set(forward);
    this.stepTimes.set(step);
  }
}

class Recent {
  private all: number[] = [];

  add(value: number): void {
    this.all.push(value);
    if (this.all.length > 10) this.all.shift();
  }

  /** The first value stays until there are ten others, but does not count. */
  median(): number | undefined {
    const sorted = (this.all.length < 10 ? this.all.slice(1) : this.all).toSorted((a, b) => a - b);
    return sorted.length === 0 ? undefined : sorted[sorted.length >> 1];
  }

  values(): number[] {
    return [...this.all];
  }

  set(values: readonly number[]): void {
    this.all = [...values];
  }
}
