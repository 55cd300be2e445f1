import type { Redis } from 'ioredis';
import { fault } from '../../errors.ts';
import { connect } from '../redis-client.ts';
import { RunHold } from '../run-hold.ts';
import { prefixOf, removeKeys } from '../run-keys.ts';
import type { Rounds } from './rounds.ts';

/** Bytes of the largest thing that is read; a server of the protocol holds no larger one. */
const largest = 2 ** 29;
/** Milliseconds for which whoever comes late is told that a run has ended. */
const remembered = 3_600_000;
const idOf = /^[0-9a-f]{16}$/;

/** {@link Rounds} on a server of the Redis protocol. No clock but the server's counts. */
export class RedisRounds implements Rounds {
  private constructor(
    private readonly client: Redis,
    private readonly prefix: string,
    private readonly run: RunHold,
  ) {}

  static async open(url: string, run: string): Promise<RedisRounds> {
    const prefix = prefixOf(run);
    const client = await connect(url);
    return new RedisRounds(client, prefix, new RunHold(client, prefix, url));
  }

  /** Every script begins with the nonce of the run it is for, and does nothing in another. */
  private script(text: string, nonce: string, args: readonly (string | number | Uint8Array)[] = []) {
    const all = args.map((one) =>
      one instanceof Uint8Array ? Buffer.from(one.buffer, one.byteOffset, one.length) : one,
    );
    const whole = `local p = KEYS[1] if redis.call('GET', p .. 'nonce') ~= ARGV[1] then return 'gone' end ${text}`;
    return this.client.callBuffer('EVAL', whole, 1, this.prefix, nonce, ...all) as Promise<unknown>;
  }

  hold(owner: string, milliseconds?: number): Promise<string> {
    return this.run.hold(owner, milliseconds);
  }

  held(): Promise<number | undefined> {
    return this.run.held();
  }

  stay(): Promise<boolean> {
    return this.run.stay();
  }

  isStaying(): Promise<boolean> {
    return this.run.isStaying();
  }

  isDescribed(): Promise<boolean> {
    return this.run.isDescribed();
  }

  isDescriberThere(): Promise<boolean> {
    return this.run.isDescriberThere();
  }

  release(owner: string): Promise<void> {
    return this.run.release(owner);
  }

  async begin(nonce: string, meta: Uint8Array): Promise<void> {
    await removeKeys(this.client, this.prefix, ['owner']);
    await this.client.set(`${this.prefix}meta`, Buffer.from(meta));
    await this.run.describe();
    await this.client.set(`${this.prefix}nonce`, nonce);
  }

  async meta() {
    const { client, prefix } = this;
    const [nonce, size, ended] = await Promise.all([
      client.get(`${prefix}nonce`),
      client.strlen(`${prefix}meta`),
      client.exists(`${prefix}ended`),
    ]);
    if (nonce === null || size === 0) return undefined;
    if (!idOf.test(nonce)) throw fault({ wrong: 'bad description of the run', got: nonce.slice(0, 40) });
    if (size > largest / 64) throw fault({ wrong: 'bad description of the run', got: `${size} bytes` });
    const meta = await client.getBuffer(`${prefix}meta`);
    return meta === null ? undefined : { nonce, meta, ended: ended > 0 };
  }

  async greet(nonce: string, member: string, knocks: boolean, silence: number): Promise<boolean> {
    const text = `redis.call('SET', p .. 'alive:' .. ARGV[2], 1, 'PX', ARGV[3])
      if redis.call('EXISTS', p .. 'ended') == 1 then return 1 end
      redis.call('SADD', p .. 'members', ARGV[2])
      if ARGV[4] == '1' then redis.call('SADD', p .. 'waiting', ARGV[2]) end return 1`;
    return !isWord(await this.script(text, nonce, [member, Math.ceil(silence), knocks ? 1 : 0]), 'gone');
  }

  async leave(nonce: string, member: string): Promise<void> {
    const text = `redis.call('DEL', p .. 'alive:' .. ARGV[2])
      redis.call('SREM', p .. 'members', ARGV[2]) redis.call('SREM', p .. 'waiting', ARGV[2])
      if redis.call('EXISTS', p .. 'ended') == 0 then redis.call('RPUSH', p .. 'bell:leader', 1) end return 1`;
    await this.script(text, nonce, [member]);
  }

  async present(nonce: string) {
    const text = `local found = {}
      for _, m in ipairs(redis.call('SRANDMEMBER', p .. 'members', 4096)) do
        if redis.call('EXISTS', p .. 'alive:' .. m) == 1 then
          found[#found + 1] = m
          found[#found + 1] = redis.call('SISMEMBER', p .. 'waiting', m) * (1 - redis.call('EXISTS', p .. 'entry:' .. m))
        else redis.call('SREM', p .. 'members', m) redis.call('SREM', p .. 'waiting', m) end
      end return found`;
    const found = await this.script(text, nonce);
    if (isWord(found, 'gone')) return undefined;
    const alive: string[] = [];
    const waiting: string[] = [];
    for (let k = 0; k < (found as unknown[]).length; k += 2) {
      const member = String((found as Buffer[])[k]);
      if (!idOf.test(member)) continue;
      alive.push(member);
      if (Number((found as unknown[])[k + 1]) === 1) waiting.push(member);
    }
    return { waiting: waiting.sort(), alive };
  }

  async admit(nonce: string, round: number, members: readonly string[], state: Uint8Array): Promise<boolean> {
    const text = `if redis.call('GET', p .. 'round') ~= ARGV[2] then redis.call('DEL', p .. 'parts') end
      redis.call('SET', p .. 'round', ARGV[2])
      redis.call('SET', p .. 'state:' .. ARGV[2], ARGV[3], 'PX', 600000)
      for k = 4, #ARGV do
        redis.call('SREM', p .. 'waiting', ARGV[k])
        redis.call('SET', p .. 'entry:' .. ARGV[k], ARGV[2], 'PX', 600000)
        redis.call('RPUSH', p .. 'bell:' .. ARGV[k], 1)
        redis.call('PEXPIRE', p .. 'bell:' .. ARGV[k], 600000)
      end return 1`;
    return !isWord(await this.script(text, nonce, [round, state, ...members]), 'gone');
  }

  async entry(nonce: string, member: string) {
    const text = `if redis.call('EXISTS', p .. 'ended') == 1 then return 'gone' end
      local round = redis.call('GETDEL', p .. 'entry:' .. ARGV[2])
      if not round then return '' end
      redis.call('SREM', p .. 'waiting', ARGV[2])
      return redis.call('GET', p .. 'state:' .. round) or ''`;
    return this.waited(() => this.script(text, nonce, [member]), `bell:${member}`) as Promise<
      Uint8Array | 'gone' | undefined
    >;
  }

  async give(nonce: string, round: number, member: string, part: Uint8Array, silence: number): Promise<boolean> {
    const text = `if redis.call('GET', p .. 'round') ~= ARGV[2] or redis.call('EXISTS', p .. 'ended') == 1 then return 'gone' end
      redis.call('HSET', p .. 'parts', ARGV[3], ARGV[4])
      redis.call('SET', p .. 'alive:' .. ARGV[3], 1, 'PX', ARGV[5])
      redis.call('RPUSH', p .. 'bell:leader', 1) return 1`;
    return !isWord(await this.script(text, nonce, [round, member, part, Math.ceil(silence)]), 'gone');
  }

  async gathered(nonce: string, round: number, but: readonly string[], bytes: number) {
    // Names and sizes are looked at before anything is fetched.
    const text = `if redis.call('GET', p .. 'round') ~= ARGV[2] then return 'gone' end
      local but = {} for k = 4, #ARGV do but[ARGV[k]] = 1 end
      local found = {}
      for _, m in ipairs(redis.call('HKEYS', p .. 'parts')) do
        if #m == 16 and not but[m] then
          found[#found + 1] = m
          if redis.call('HSTRLEN', p .. 'parts', m) > tonumber(ARGV[3]) then found[#found + 1] = ''
          else found[#found + 1] = redis.call('HGET', p .. 'parts', m) end
        end
      end return found`;
    const found = await this.script(text, nonce, [round, bytes, ...but]);
    if (isWord(found, 'gone')) return undefined;
    const parts: [string, Uint8Array | undefined][] = [];
    for (let k = 0; k < (found as Buffer[]).length; k += 2) {
      const [member, part] = (found as Buffer[]).slice(k, k + 2);
      parts.push([String(member), part.length === 0 ? undefined : part]);
    }
    return parts;
  }

  async listen(seconds: number): Promise<void> {
    await this.client.blpop(`${this.prefix}bell:leader`, seconds);
  }

  async conclude(nonce: string, round: number, outcome: Uint8Array, members: readonly string[]): Promise<boolean> {
    const text = `if redis.call('GET', p .. 'round') ~= ARGV[2] then return 'gone' end
      redis.call('SET', p .. 'round', ARGV[2] + 1)
      redis.call('SET', p .. 'outcome:' .. ARGV[2], ARGV[3])
      redis.call('DEL', p .. 'parts', p .. 'bell:leader', p .. 'outcome:' .. (ARGV[2] - 2))
      for k = 4, #ARGV do
        redis.call('RPUSH', p .. 'bell:' .. ARGV[k], 1)
        redis.call('PEXPIRE', p .. 'bell:' .. ARGV[k], 600000)
      end return 1`;
    return !isWord(await this.script(text, nonce, [round, outcome, ...members]), 'gone');
  }

  async outcome(nonce: string, round: number, member: string) {
    const text = `local found = redis.call('GET', p .. 'outcome:' .. ARGV[2])
      if found then return found end
      if redis.call('EXISTS', p .. 'ended') == 1 then return 'ended' end
      if tonumber(redis.call('GET', p .. 'round') or 0) > tonumber(ARGV[2]) then return 'gone' end
      return ''`;
    return this.waited(() => this.script(text, nonce, [round]), `bell:${member}`);
  }

  /** What is there now, or once the bell has rung; words of the scripts are told from what was stored by their length. */
  private async waited(look: () => Promise<unknown>, bell: string): Promise<Uint8Array | 'gone' | 'ended' | undefined> {
    for (let tries = 0; ; tries++) {
      const found = (await look()) as Buffer;
      if (isWord(found, 'gone')) return 'gone';
      if (isWord(found, 'ended')) return 'ended';
      if (found.length > 0) return found;
      if (tries > 0) return undefined;
      await this.client.blpop(this.prefix + bell, 1);
    }
  }

  async end(nonce: string, last: Uint8Array): Promise<void> {
    this.run.leave();
    const text = `redis.call('SET', p .. 'ended', ARGV[2]) redis.call('DEL', p .. 'owner')
      for _, m in ipairs(redis.call('SMEMBERS', p .. 'members')) do
        redis.call('RPUSH', p .. 'bell:' .. m, 1)
        redis.call('PEXPIRE', p .. 'bell:' .. m, ARGV[3])
      end
      local round = tonumber(redis.call('GET', p .. 'round') or 0)
      for _, name in ipairs({'nonce', 'meta', 'describer', 'ended', 'round', 'members', 'waiting', 'parts', 'bell:leader',
        'outcome:' .. round - 1, 'outcome:' .. round - 2}) do redis.call('PEXPIRE', p .. name, ARGV[3]) end
      return 1`;
    await this.script(text, nonce, [last, remembered]);
  }

  async last(nonce: string) {
    const found = (await this.script(`return redis.call('GET', p .. 'ended') or ''`, nonce)) as Buffer;
    return isWord(found, 'gone') || found.length === 0 ? undefined : found;
  }

  async close(): Promise<void> {
    this.run.leave();
    this.client.disconnect();
  }
}

function isWord(found: unknown, word: string): boolean {
  return found instanceof Uint8Array && found.length === word.length && String(found) === word;
}
