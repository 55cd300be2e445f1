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
}

/** How a run stands to the others of its team: it leads them, or comes in and follows. */
export class Membership {
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
      return { run: { ...run, told, final: null, samples: null } as unknown as State, probe: await this.probe() };
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
    const { run = null, probe: theirs } = found as { run?: State; probe?: State };
    const saved = checkSavedRun(where, run);
    const { sampler } = (await trainer.state()) as { sampler: State };
    const joined = { ...(saved.trainer as { [part: string]: State }), sampler };
    await trainer.restore(joined);
    checkProbe(await this.probe(), theirs);
    return { ...saved, trainer: joined };
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
