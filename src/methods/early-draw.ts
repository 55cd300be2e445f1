/** What was drawn: samples by their indices. */
interface Draw {
  readonly indices: ArrayLike<number>;
}

/** Draws that can be made one step early, so that their samples are fetched while the step before trains. */
export class EarlyDraw<Drawn extends Draw> {
  private next: Drawn | undefined;

  /**
   * @param choose makes a draw of so many samples.
   * @param ahead the size of the draws that are made early; `undefined` where none are.
   */
  constructor(
    private readonly choose: (size: number) => Drawn,
    private readonly ahead: number | undefined,
  ) {}

  /** What to train on now. The last batch of an epoch may be of another size than what was drawn early. */
  take(size: number): Drawn {
    if (this.ahead === undefined) return this.choose(size);
    const { next } = this;
    const drawn = next?.indices.length === size ? next : this.choose(size);
    if (next === undefined || drawn === next) this.next = this.choose(this.ahead);
    return drawn;
  }

  /** The indices of the next draw of so many samples, where it has been made. */
  known(size: number): Drawn['indices'] | undefined {
    return this.next?.indices.length === size ? this.next.indices : undefined;
  }

  /** Forgets what was drawn early: scores have changed since. */
  drop(): void {
    this.next = undefined;
  }

  state(): Drawn | null {
    return this.next ?? null;
  }

  restore(next: Drawn | null): void {
    this.next = next ?? undefined;
  }
}
