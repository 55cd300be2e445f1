import { util } from '@tensorflow/tfjs';

/**
 * The order in which `model.fit` takes the samples: at the beginning of each epoch that of the epoch before is shuffled, by numbers of
 * `Math.random`. A program that seeds it gets the very batches of `model.fit`. It is for runs that nobody goes on with later.
 */
export class OrderOfModelFit {
  private readonly order: Int32Array;
  private cursor = 0;
  /** What was looked at before it is given. */
  private readonly ahead: number[] = [];

  constructor(n: number) {
    this.order = Int32Array.from({ length: n }, (_, i) => i);
  }

  /** The next `count` indices, across the ends of epochs. */
  next(count: number): Int32Array {
    return Int32Array.from({ length: count }, () => this.ahead.shift() ?? this.draw());
  }

  /** What `next` is going to give. */
  peek(count: number): Int32Array {
    while (this.ahead.length < count) this.ahead.push(this.draw());
    return Int32Array.from(this.ahead.slice(0, count));
  }

  private draw(): number {
    if (this.cursor === 0) util.shuffle(this.order);
    const index = this.order[this.cursor];
    this.cursor = (this.cursor + 1) % this.order.length;
    return index;
  }
}
