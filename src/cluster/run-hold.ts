import type { Redis } from 'ioredis';
import { connect } from './redis-client.ts';

/** Whoever is not there any more and has been silent for so long is taken for dead, in milliseconds. */
export const holdTime = 10_000;
/** The same where the server cannot tell who is there. */
export const longHold = 60_000;

/**
 * Whose a run on a server is. Whoever trains says so now and then, which a long callback may keep it from; and it is there, which
 * the server sees of a connection that listens, whatever the process does.
 */
export class RunHold {
  /** The server knows who listens where until its process ends. */
  private listener: Redis | undefined;

  constructor(
    private readonly client: Redis,
    private readonly prefix: string,
    private readonly url: string,
  ) {}

  /** Says that `owner` trains the run, for so many milliseconds. @returns who does. */
  async hold(owner: string, milliseconds = holdTime, takeOver = false): Promise<string> {
    const text = `local held = redis.call('GET', KEYS[1])
      if held and held ~= ARGV[1] and ARGV[3] == '0' then return held end
      redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2]) return ARGV[1]`;
    const [key, time] = [`${this.prefix}owner`, Math.ceil(milliseconds)];
    return String(await this.client.eval(text, 1, key, owner, time, takeOver ? 1 : 0));
  }

  /** Milliseconds for which the run is still held, if nobody says so anew; nothing where it is nobody's. */
  async held(): Promise<number | undefined> {
    const left = await this.client.pttl(`${this.prefix}owner`);
    return left < 0 ? undefined : left;
  }

  /** Lets others see that this process is there. @returns whether the server can do so. */
  async stay(): Promise<boolean> {
    try {
      // A connection that listens can do nothing else.
      this.listener ??= await connect(this.url);
      await this.listener.subscribe(`${this.prefix}leads`);
      return true;
    } catch {
      // A user of the server need not be allowed to.
      this.leave();
      return false;
    }
  }

  /** Whether one that trains is there, though it may say nothing. */
  async isStaying(): Promise<boolean> {
    const found = await this.client.pubsub('NUMSUB', `${this.prefix}leads`).catch(() => []);
    return Number(found[1] ?? 0) > 0;
  }

  /** Makes whoever has the run the one that has described it. */
  async describe(): Promise<void> {
    const text = `local owner = redis.call('GET', KEYS[1]) if owner then redis.call('SET', KEYS[2], owner) end return 1`;
    await this.client.eval(text, 2, `${this.prefix}owner`, `${this.prefix}describer`);
  }

  /** Whether the run is described by whoever has it, or had it last, as one may be too busy to say so. */
  async isDescribed(): Promise<boolean> {
    const [owner, describer] = await this.client.mget(`${this.prefix}owner`, `${this.prefix}describer`);
    return describer !== null && (owner ?? describer) === describer;
  }

  /** Whether whoever has described the run has it still and is there: what a killed one has left is nobody's. */
  async isDescriberThere(): Promise<boolean> {
    return (await this.isDescribed()) && (await this.isStaying());
  }

  /** Takes back what `owner` has said. */
  async release(owner: string): Promise<void> {
    this.leave();
    const text = `if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end return 1`;
    await this.client.eval(text, 1, `${this.prefix}owner`, owner);
  }

  /** Is not there any more. */
  leave(): void {
    this.listener?.disconnect();
    this.listener = undefined;
  }
}
