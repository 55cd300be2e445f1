/**
 * What the master of a run and its scoring workers share. One implementation talks to a server ({@link RedisStore}), one is
 * in memory, for tests of the logic. Everything in it may come from a stranger: whoever reads it checks it.
 */
export interface Store {
  /**
   * Makes the run `meta` describes the one of this name: what another run of the name left is removed.
   */
  begin(nonce: string, meta: Uint8Array): Promise<void>;
  /** The run of this name, if one has begun; described where it is not the run `known` already. */
  meta(
    known?: string,
  ): Promise<{ readonly nonce: string; readonly meta?: Uint8Array | undefined; readonly ended: boolean } | undefined>;
  /** Says that `owner` still trains this run. @returns who does: someone else, if that one was there first or took it over. */
  hold(owner: string, takeOver?: boolean): Promise<string>;
  /** Lets others see that this master is there, while it says nothing. */
  stay(): Promise<void>;
  /** Whether a master is there, though it may say nothing. */
  isStaying(): Promise<boolean>;
  /** Whether the master that has described the run is there: what a killed one has left describes no run that goes on. */
  isDescriberThere(): Promise<boolean>;
  /**
   * Makes these the latest parameters of the run `nonce`. The two latest versions are kept.
   *
   * @returns whether they were taken: the run of this name may be another's by now.
   */
  publish(nonce: string, version: number, parameters: Uint8Array): Promise<boolean>;
  /** The latest parameters if they are newer than `version`. */
  latest(version: number): Promise<{ readonly version: number; readonly parameters: Uint8Array } | undefined>;
  /** Puts ranges of samples on the queue. */
  offer(ranges: readonly number[]): Promise<void>;
  /**
   * Ranges to score, at most `most`; those whose worker has been silent for too long, if there are any. Waits a while where
   * there is none.
   */
  lease(worker: string, most: number): Promise<Leased>;
  /**
   * Gives the scores of leased ranges.
   *
   * @returns for each whether they were taken: the lease, or the run, may be another's by now.
   */
  commit(nonce: string, scored: readonly Scored[]): Promise<readonly boolean[]>;
  /** What has been committed since the last call, at most `most` ranges. */
  take(most: number, limits: Limits): Promise<Taken>;
  /** Says that the run `nonce` has ended, so that its workers end too. Does nothing where the run is another's by now. */
  end(nonce: string): Promise<void>;
  close(): Promise<void>;
}

/** The right to score a range. */
export interface Lease {
  readonly id: string;
  readonly range: number;
}

/** The packed scores of a leased range. */
export interface Scored {
  readonly lease: Lease;
  readonly chunk: Uint8Array;
}

export interface Leased {
  readonly leases: readonly Lease[];
  /** What was on the queue and is no range, in words. It is off the queue then. */
  readonly refused: readonly string[];
}

/** What chunks of the run may be: larger ones are not even fetched. */
export interface Limits {
  readonly ranges: number;
  readonly bytes: number;
}

export interface Taken {
  /** The run whose keys these are; absent where the server has lost them. */
  readonly nonce: string | undefined;
  /** Ranges on the queue or leased. */
  readonly queued: number;
  readonly chunks: readonly (readonly [range: number, chunk: Uint8Array])[];
  /** What was found and not fetched, in words. */
  readonly refused: readonly string[];
}
