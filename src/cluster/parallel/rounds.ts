/**
 * What the members of a team share: rounds that are numbered, each with a contribution of every member and one outcome. One
 * implementation talks to a server ({@link RedisRounds}), one is in memory, for tests of the logic. What names another run
 * or another round is refused by the store itself, so that nothing is ever applied twice.
 */
export interface Rounds {
  /**
   * Says that `owner` leads the run of this name, for so long.
   * @returns who does: someone else, if that one was first.
   */
  hold(owner: string, milliseconds?: number): Promise<string>;
  /** Milliseconds for which the run is still held, if nobody says so anew; nothing where it is nobody's. */
  held(): Promise<number | undefined>;
  /** Lets others see that whoever leads lives, while it says nothing. @returns whether the store can do so. */
  stay(): Promise<boolean>;
  /** Whether one that leads is there, though it may say nothing. */
  isStaying(): Promise<boolean>;
  /** Whether whoever leads, or led last, has described the run: it has begun. */
  isDescribed(): Promise<boolean>;
  /** Whether whoever has described the run leads it still and is there. */
  isDescriberThere(): Promise<boolean>;
  /** Takes back that `owner` leads. */
  release(owner: string): Promise<void>;
  /** Makes `meta` the run of this name: all that another one left is removed. */
  begin(nonce: string, meta: Uint8Array): Promise<void>;
  meta(): Promise<{ readonly nonce: string; readonly meta: Uint8Array; readonly ended: boolean } | undefined>;
  /**
   * Says that a member lives, for so many milliseconds, and whether it asks to be let in.
   * @returns whether the run is still this one.
   */
  greet(nonce: string, member: string, knocks: boolean, silence: number): Promise<boolean>;
  /** Says that a member is none any more, so that nobody waits for it. */
  leave(nonce: string, member: string): Promise<void>;
  /**
   * Who asks to be let in, and has not been given a state to come in with, and who lives; nothing where the store has lost
   * the run.
   */
  present(nonce: string): Promise<{ readonly waiting: string[]; readonly alive: string[] } | undefined>;
  /** Lets members in: they begin at this round, with this state. */
  admit(nonce: string, round: number, members: readonly string[], state: Uint8Array): Promise<boolean>;
  /** The state that a member was let in with, once. Waits a while for it. */
  entry(nonce: string, member: string): Promise<Uint8Array | 'gone' | undefined>;
  /** Gives a member's part of this round. @returns whether it was taken: run and round may be over. */
  give(nonce: string, round: number, member: string, part: Uint8Array, silence: number): Promise<boolean>;
  /** Parts that have come, but of these members; larger ones are not fetched. Nothing where the run is lost. */
  gathered(
    nonce: string,
    round: number,
    but: readonly string[],
    bytes: number,
  ): Promise<readonly (readonly [member: string, part: Uint8Array | undefined])[] | undefined>;
  /** Waits until something has come for whoever leads, at most so many seconds. */
  listen(seconds: number): Promise<void>;
  /** Ends a round, which all of its members hear. @returns whether this was its round and its run. */
  conclude(nonce: string, round: number, outcome: Uint8Array, members: readonly string[]): Promise<boolean>;
  /** The outcome of a round. Waits a while for it; `'gone'` where there will be none. */
  outcome(nonce: string, round: number, member: string): Promise<Uint8Array | 'gone' | 'ended' | undefined>;
  /** Ends the run; `last` is what it ended with. */
  end(nonce: string, last: Uint8Array): Promise<void>;
  last(nonce: string): Promise<Uint8Array | undefined>;
  close(): Promise<void>;
}
