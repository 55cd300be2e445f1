import type { Learner } from '../learner/learner.ts';
import type { State } from '../methods/method.ts';
import { checkSameRun, type Identity, type Unlike } from './identity.ts';
import { checkProbe, probe } from './probe.ts';
import { checkSavedRun, type SavedRun } from './saved-run.ts';
import type { PlacedSource } from './source.ts';
import type { Team } from './team.ts';
import type { Trainer } from './trainer.ts';

/** What is said to a process that cannot join. */
const joins: Unlike = (path, part, theirs, own) =>
  `this process trains something else than ${path}: ${part} ${own} here, ${theirs} there, start it with the same program and arguments`;

interface Member {
  readonly trainer: Trainer;
  readonly learner: Learner;
  readonly source: PlacedSource;
  readonly identity: () => Promise<Identity>;
  /** Where the run ends, if not by the clock alone. */
  readonly epochs: number;
}

/** How a run stands to the others of its team: it leads them, or comes in and follows. */
export class Membership {
  private told = false;

  constructor(
    private readonly team: Team,
    private readonly own: Member,
  ) {}

  get follows(): boolean {
    return !this.team.leads;
  }

  async lead(): Promise<void> {
    await this.team.begin(await this.identity());
  }

  /** Lets in whoever asks to join. @param saved the run as it stands. */
  admit(saved: () => Promise<SavedRun>): Promise<void> {
    return this.team.admit(async () => {
      const run = await saved();
      const told = { history: run.told.history, callbacks: [] };
      const { epochs } = this.own;
      return {
        epochs,
        run: { ...run, told, final: null, samples: null } as unknown as State,
        probe: await this.probe(),
      };
    });
  }

  /**
   * Joins the run of whoever leads: its state. What the method has seen here, and what it draws, are this process's own.
   * @returns nothing where that run has ended.
   */
  async comeIn(): Promise<SavedRun | undefined> {
    const { trainer } = this.own;
    const where = 'the run on the server';
    const own = await this.identity();
    const found = await this.team.enter((run) => checkSameRun(where, run as Identity, own, joins));
    if (found === undefined) return undefined;
    const { run = null, probe: theirs, epochs } = found as { run?: State; probe?: State; epochs?: State };
    const saved = checkSavedRun(where, run);
    const { sampler } = (await trainer.state()) as { sampler: State };
    const joined = { ...(saved.trainer as { [part: string]: State }), sampler };
    const rate = trainer.firstRate;
    await trainer.restore(joined);
    this.tellOfOthers(rate, epochs);
    checkProbe(await this.probe(), theirs);
    return { ...saved, trainer: joined };
  }

  /** Says, once, what of this process's own the run does not go by. @param rate what its optimizer was made with. */
  private tellOfOthers(rate: number, epochs: State | undefined): void {
    if (this.told) return;
    this.told = true;
    const { trainer, epochs: own } = this.own;
    const theirs = trainer.firstRate;
    // An optimizer may keep its rate as a single-precision number.
    if (Math.abs(theirs - rate) > 1e-6 * Math.abs(rate)) {
      console.warn(
        `unequal: the learning rate is ${theirs}, that of the process that leads the run; ${rate}, of this one, is not used`,
      );
    }
    if (typeof epochs === 'number' && own < epochs) {
      const all = epochs === Infinity ? 'goes on until its time is up' : `has ${epochs}`;
      console.warn(
        `unequal: this process leaves after epoch ${own}, as its epochs say; the run where it is led ${all}`,
      );
    }
  }

  /** After an error: whoever follows no more may have to come in again. @throws what it is given, where it does follow. */
  async comeInAgain(error: unknown): Promise<SavedRun | undefined> {
    if (!this.follows || this.team.standing === 'in') throw error;
    return this.team.standing === 'out' ? this.comeIn() : undefined;
  }

  /** Takes what the run of the others has ended with. */
  async finish(): Promise<void> {
    if (this.team.standing === 'ended') await this.team.finish(this.own.learner);
  }

  /** What all members must agree in. */
  private async identity(): Promise<Identity> {
    return { ...(await this.own.identity()), cluster: this.team.rule };
  }

  private async probe(): Promise<Float32Array | null> {
    const { learner, source, identity } = this.own;
    return probe(learner, source, await identity());
  }
}
