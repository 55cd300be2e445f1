import { fault } from '../errors.ts';
import type { KeptFields } from '../learner/kept-fields.ts';
import type { State } from '../methods/method.ts';
import { cores } from '../platform.ts';
import { writeCheckpoint } from './checkpoint.ts';
import type { Identity } from './identity.ts';
import type { RunOptions } from './run-options.ts';
import type { RunProgress } from './run-progress.ts';
import type { RunRecord } from './run-record.ts';
import { readSavedRun, type SavedRun } from './saved-run.ts';
import type { Trainer } from './trainer.ts';
import { ValidationStream } from './validation-stream.ts';

/** What a run has come to. */
type Reached = Omit<SavedRun, 'identity' | 'threads'>;

interface Parts {
  readonly progress: RunProgress;
  readonly record: RunRecord;
  readonly trainer: Trainer;
  readonly identity: () => Promise<Identity>;
  /** The names of the model's outputs. */
  readonly outputs: readonly string[];
  readonly options: RunOptions;
  /** Where there are checkpoints. */
  readonly fields: KeptFields | undefined;
  /** Seconds since any fixed moment. */
  readonly now: () => number;
}

/** Brings a trainer to a state, and then does the rest. */
type Restore = (trainer: Trainer, state: State, rest: () => Promise<void>) => Promise<void>;

/** What a run has come to, as it is saved and taken back: from a checkpoint, from whoever leads it, from a moment ago. */
export class RunState {
  /** Whether nothing has happened since the last checkpoint. */
  isSaved = false;
  /** When the last checkpoint was written, by {@link Parts.now}. */
  private savedAt: number | undefined;
  /** What was said not to be saved. */
  private readonly told = new Set<string>();
  /** What is gone back to where a device is lost. */
  private good: Reached | undefined;

  constructor(
    public seed: number,
    private readonly parts: Parts,
  ) {}

  /** What is to be gone on with. @throws UnequalError if it is not of this run. */
  read(): Promise<SavedRun | undefined> {
    const { options, identity, outputs } = this.parts;
    return readSavedRun(options, identity, outputs);
  }

  /** Writes a checkpoint, unless the last is from a moment ago. */
  async saveInTime(): Promise<void> {
    const { options, now } = this.parts;
    const apart = options.checkpoint?.seconds ?? 0;
    const passed = apart > 0 && this.savedAt !== undefined ? now() - this.savedAt : Infinity;
    // A clock that is set back says nothing.
    if (passed >= apart || passed < 0) await this.save();
  }

  /** Writes a checkpoint. */
  async save(): Promise<void> {
    const { checkpoint, store } = this.parts.options;
    this.tellOfUnsaved();
    const saved = await this.saved();
    await writeCheckpoint(checkpoint!.path, saved as unknown as State, store);
    if (this.good) this.good = structuredClone(saved);
    this.isSaved = true;
    if (checkpoint!.seconds) this.savedAt = this.parts.now();
  }

  private tellOfUnsaved(): void {
    const { trainer, fields } = this.parts;
    const variables = trainer.unsaved.map((one) => fields?.nameOf(one) ?? `the variable ${one.name} [${one.shape}]`);
    const names = new Set([...variables, ...(fields?.lost ?? [])].filter((name) => !this.told.has(name)));
    if (names.size === 0) return;
    const [one] = names;
    const others = names.size > 1 ? ` and ${names.size - 1} more` : '';
    for (const name of names) this.told.add(name);
    console.warn(
      `unequal: training changes ${one}${others}, which no checkpoint has: a resumed run begins with what the program makes of it. Keep it in a weight of a layer (addWeight), or in a tf.Variable in a field of the optimizer`,
    );
  }

  async saved(): Promise<SavedRun> {
    return { identity: await this.parts.identity(), threads: cores(), ...(await this.reached()) };
  }

  /** Keeps what can be gone back to. */
  async keep(): Promise<void> {
    this.good = structuredClone(await this.reached());
  }

  /** Whether there is something to go back to. */
  get isKept(): boolean {
    return this.good !== undefined;
  }

  /** Goes back to what was kept last, after the weights were lost. */
  async goBack(): Promise<void> {
    await this.take(this.good!, async (trainer, state, rest) => {
      await trainer.goBack(state);
      await rest();
    });
    this.good = undefined;
  }

  /** @throws UnequalError if it cannot be gone on with; the model is then as it was. */
  resume(saved: SavedRun): Promise<void> {
    return this.take(saved, (trainer, state, rest) => trainer.restore(state, rest));
  }

  private async reached(): Promise<Reached> {
    const { progress, record, trainer, fields } = this.parts;
    const { seed } = this;
    const place = progress.place();
    const settings = fields?.settings ?? [];
    const validations = this.validationStream?.passes ?? 0;
    return { seed, place, ...record.state(), settings, validations, trainer: await trainer.state() };
  }

  private get validationStream(): ValidationStream | undefined {
    const { validation } = this.parts.options;
    return validation instanceof ValidationStream ? validation : undefined;
  }

  private async take(saved: Reached, restore: Restore): Promise<void> {
    const { progress, record, trainer, options, fields } = this.parts;
    // Before the model: what is refused must leave it as it was.
    record.restoreMeasured(saved);
    try {
      // Before the stream that is trained on, which may share its random numbers and was opened last.
      await this.validationStream?.catchUp(saved.validations);
      await restore(trainer, saved.trainer, async () => {
        fields?.restore(saved.settings);
        await record.restoreTold(saved);
      });
    } catch (cause) {
      fields?.undo();
      throw fault({
        wrong: `${options.resume ?? 'the run'} cannot be gone on with`,
        got: (cause as Error).message,
        cause,
      });
    }
    this.seed = saved.seed;
    progress.restore(saved.place);
  }
}
