/** The step at which something was last stored for each sample: 4 bytes a sample. */
export class Ages {
  private readonly stamps: Int32Array;

  /** @param saved what {@link Ages.state} gave. */
  constructor(length: number, saved?: Int32Array) {
    this.stamps = saved ? saved.slice() : new Int32Array(length).fill(-1);
  }

  /** Marks the samples as stored in `step`. */
  stamp(indices: ArrayLike<number>, step: number): void {
    for (let k = 0; k < indices.length; k++) this.stamps[indices[k]] = step;
  }

  stampOne(index: number, step: number): void {
    this.stamps[index] = step;
  }

  /** The step a sample was last stored in, −1 if it never was. */
  stampOf(index: number): number {
    return this.stamps[index];
  }

  seen(index: number): boolean {
    return this.stamps[index] >= 0;
  }

  /** Mean number of steps since the samples were stored; those that never were do not count. */
  mean(indices: ArrayLike<number>, step: number): number {
    let sum = 0;
    let count = 0;
    for (let k = 0; k < indices.length; k++) {
      const stamp = this.stamps[indices[k]];
      if (stamp < 0) continue;
      sum += step - stamp;
      count++;
    }
    return count === 0 ? 0 : sum / count;
  }

  state(): Int32Array {
    return this.stamps.slice();
  }
}
