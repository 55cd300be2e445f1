import { fault } from '../errors.ts';
import type { ModelBatch } from '../learner/batch.ts';
import { counted } from '../plural.ts';

/**
 * A stream to validate on, read anew at each validation and never held as a whole. Nothing of it is read before: what it gives may
 * depend on the training so far, and shares its random numbers or its memory with the stream that is trained on.
 */
export class ValidationStream {
  /** How often it was opened: a seeded shuffle has another order each time. */
  private opened = 0;

  /**
   * @param start starts the stream from its beginning.
   * @param most how many of its batches are read.
   */
  constructor(
    private readonly start: () => Promise<AsyncIterator<ModelBatch>>,
    private readonly most = Infinity,
  ) {}

  get passes(): number {
    return this.opened;
  }

  /** Opens it as often as it was by then. */
  async catchUp(passes: number): Promise<void> {
    while (this.opened < passes) await this.open();
  }

  private open(): Promise<AsyncIterator<ModelBatch>> {
    this.opened++;
    return this.start();
  }

  /** @throws UnequalError if there is none. */
  async *batches(): AsyncGenerator<ModelBatch> {
    const iterator = await this.open();
    for (let k = 0; k < this.most; k++) {
      const { value, done } = await iterator.next();
      if (!done) {
        yield value;
        continue;
      }
      if (k === 0)
        throw fault({ wrong: 'no samples to validate on', got: 'an empty stream', expected: 'at least one' });
      if (this.most < Infinity) {
        console.warn(
          `unequal: the validation stream ran out of data after ${counted(k, 'batch', 'batches')}, before validationBatches: ${this.most}; make it longer, for instance with repeat()`,
        );
      }
      return;
    }
  }
}
