/** The samples of one step of the whole team, and which of them are this member's. */
export interface Block {
  /** Samples of the step, of all members. */
  readonly total: number;
  /** Place of this member's first sample in it. */
  readonly first: number;
  /** How many are this member's: at least one, which counts for nothing where there is none left for it. */
  readonly mine: number;
  /** What its samples count for in the mean. */
  readonly counts: number;
}

/**
 * The part of the epoch's order that is a member's. All members know the same order. A step takes its next W × b samples, and
 * member k the kth part of them: together they train on what one process would with batches of W × b.
 */
export class Shard {
  /** Place of this member in the team, and W. */
  rank = 0;
  size = 1;
  /** Samples of this epoch that the team has trained on. */
  done = 0;
  /** Steps of it that are done. */
  taken = 0;

  constructor(
    readonly length: number,
    readonly batchSize: number,
  ) {}

  get left(): number {
    return Math.max(0, this.length - this.done);
  }

  get block(): Block {
    const { rank, size, batchSize, left } = this;
    const total = Math.min(size * batchSize, left);
    const at = (k: number) => Math.floor((k * total) / size);
    const counts = at(rank + 1) - at(rank);
    return { total, first: Math.min(at(rank), total - 1), mine: Math.max(1, counts), counts };
  }

  /** Steps of this epoch, if the team stays as it is. */
  get steps(): number {
    return this.taken + Math.ceil(this.left / (this.size * this.batchSize));
  }

  begin(): void {
    this.done = 0;
    this.taken = 0;
  }

  /** The step is done. */
  advance(): void {
    this.done += this.block.total;
    this.taken++;
  }
}
