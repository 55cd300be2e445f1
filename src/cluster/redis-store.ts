import type { Redis } from 'ioredis';
import { fault } from '../errors.ts';
import { connect } from './redis-client.ts';
import { holdTime, longHold, RunHold } from './run-hold.ts';
import { prefixOf, removeKeys } from './run-keys.ts';
import type { Lease, Leased, Limits, Scored, Store, Taken } from './store.ts';

const group = 'workers';
/** Bytes of the largest description and of the largest parameters that are read. */
const largest = 2 ** 29;

export interface RedisStoreOptions {
  readonly url: string;
  /** Name of the run: letters, digits, `.`, `_`, `-`. */
  readonly run: string;
  /** Milliseconds after which the range of a silent worker is given to another. Default 10,000. */
  readonly leaseTime?: number;
}

/** Milliseconds from one look for ranges of silent workers to the next, at most. */
const claimEvery = 1_000;

/** A {@link Store} on a server of the Redis protocol. */
export class RedisStore implements Store {
  /** When it last looked for ranges of silent workers. */
  private claimed = -Infinity;
  /** Whether others see that this master lives while it says nothing. */
  private isSeen = true;

  private constructor(
    private readonly client: Redis,
    private readonly prefix: string,
    private readonly leaseTime: number,
    private readonly run: RunHold,
  ) {}

  static async open({ url, run, leaseTime = 10_000 }: RedisStoreOptions): Promise<RedisStore> {
    const prefix = prefixOf(run);
    const client = await connect(url);
    return new RedisStore(client, prefix, leaseTime, new RunHold(client, prefix, url));
  }

  private key(name: string): string {
    return this.prefix + name;
  }

  private script(text: string, names: readonly string[], args: readonly (string | number | Uint8Array)[]) {
    const keys = names.map((name) => this.key(name));
    return this.client.callBuffer('EVAL', text, keys.length, ...keys, ...args.map(asArgument)) as Promise<unknown>;
  }

  async begin(nonce: string, meta: Uint8Array): Promise<void> {
    const { client } = this;
    await removeKeys(client, this.prefix, ['owner']);
    await client.xgroup('CREATE', this.key('work'), group, '0', 'MKSTREAM').catch(ignoreBusy);
    await client.set(this.key('meta'), Buffer.from(meta));
    await this.run.describe();
    await client.set(this.key('nonce'), nonce);
  }

  async meta(known?: string) {
    const { client } = this;
    const [nonce, end] = await client.mget(this.key('nonce'), this.key('ended'));
    if (nonce === null) return undefined;
    const ended = end !== null;
    if (!/^[0-9a-f]{16}$/.test(nonce)) {
      throw fault({ wrong: 'bad description of the run', got: nonce.slice(0, 40), expected: '16 hexadecimal digits' });
    }
    if (nonce === known) return { nonce, ended };
    checkSize('description of the run', await client.strlen(this.key('meta')));
    const meta = await client.getBuffer(this.key('meta'));
    return meta === null ? undefined : { nonce, meta, ended };
  }

  hold(owner: string, takeOver = false): Promise<string> {
    return this.run.hold(owner, this.isSeen ? holdTime : longHold, takeOver);
  }

  async stay(): Promise<void> {
    this.isSeen = await this.run.stay();
  }

  isStaying(): Promise<boolean> {
    return this.run.isStaying();
  }

  isDescriberThere(): Promise<boolean> {
    return this.run.isDescriberThere();
  }

  async publish(nonce: string, version: number, parameters: Uint8Array): Promise<boolean> {
    // The blob before the pointer. The version before stays for whoever has just read its name.
    const text = `if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
      redis.call('SET', KEYS[4], ARGV[3])
      redis.call('SET', KEYS[2], ARGV[2])
      redis.call('LREM', KEYS[3], 0, ARGV[2])
      redis.call('RPUSH', KEYS[3], ARGV[2])
      while redis.call('LLEN', KEYS[3]) > 2 do redis.call('DEL', KEYS[2] .. ':' .. redis.call('LPOP', KEYS[3])) end
      return 1`;
    const names = ['nonce', 'model', 'models', `model:${version}`];
    return (await this.script(text, names, [nonce, version, parameters])) === 1;
  }

  async latest(version: number) {
    const { client } = this;
    const pointer = await client.get(this.key('model'));
    if (pointer === null) return undefined;
    const latest = Number(pointer);
    if (!(Number.isSafeInteger(latest) && latest >= 0)) {
      throw fault({ wrong: 'bad version of the parameters', got: pointer.slice(0, 40), expected: 'a whole number' });
    }
    if (latest <= version) return undefined;
    checkSize('parameters', await client.strlen(this.key(`model:${latest}`)));
    const parameters = await client.getBuffer(this.key(`model:${latest}`));
    return parameters === null ? undefined : { version: latest, parameters };
  }

  async offer(ranges: readonly number[]): Promise<void> {
    const { client } = this;
    for (let from = 0; from < ranges.length; from += 1_000) {
      const pipeline = client.pipeline();
      for (const range of ranges.slice(from, from + 1_000)) pipeline.xadd(this.key('work'), '*', 'range', range);
      for (const [error] of (await pipeline.exec()) ?? []) if (error) throw error;
    }
  }

  async lease(worker: string, most: number): Promise<Leased> {
    const { client } = this;
    const work = this.key('work');
    try {
      const now = performance.now();
      if (now - this.claimed >= Math.min(claimEvery, this.leaseTime / 4)) {
        const claimed = await client.xautoclaim(work, group, worker, this.leaseTime, '0-0', 'COUNT', most);
        const late = (claimed[1] as (StreamEntry | null)[]).filter((one) => one !== null);
        if (late.length > 0) return this.leased(late);
        // As long as there are some, it goes on to look.
        this.claimed = now;
      }
      const read = await client.xreadgroup('GROUP', group, worker, 'COUNT', most, 'BLOCK', 1_000, 'STREAMS', work, '>');
      return this.leased((read as [string, StreamEntry[]][] | null)?.[0]?.[1] ?? []);
    } catch (error) {
      // The queue is gone: the server lost it, or the run has not begun.
      if (/^NOGROUP|^UNBLOCKED/.test((error as Error).message)) return { leases: [], refused: [] };
      throw error;
    }
  }

  private async leased(entries: readonly StreamEntry[]): Promise<Leased> {
    const leases: Lease[] = [];
    const refused: string[] = [];
    for (const [id, fields] of entries) {
      const [name, text] = fields ?? [];
      if (name === 'range' && /^\d{1,10}$/.test(text ?? '')) leases.push({ id, range: Number(text) });
      else {
        await this.client.xack(this.key('work'), group, id);
        await this.client.xdel(this.key('work'), id);
        refused.push(`${String(name).slice(0, 40)} ${String(text).slice(0, 40)}`);
      }
    }
    return { leases, refused };
  }

  async commit(nonce: string, scored: readonly Scored[]): Promise<readonly boolean[]> {
    const text = `local taken = {}
      local known = redis.call('GET', KEYS[4]) == ARGV[1]
      for k = 2, #ARGV, 3 do
        local own = known and redis.call('XACK', KEYS[1], '${group}', ARGV[k]) == 1
        if own then
          redis.call('XDEL', KEYS[1], ARGV[k])
          redis.call('HSET', KEYS[2], ARGV[k + 1], ARGV[k + 2])
          redis.call('SADD', KEYS[3], ARGV[k + 1])
        end
        taken[#taken + 1] = own and 1 or 0
      end return taken`;
    const names = ['work', 'scores', 'changed', 'nonce'];
    const words = scored.flatMap(({ lease: { id, range }, chunk }) => [id, range, chunk]);
    return ((await this.script(text, names, [nonce, ...words])) as number[]).map((one) => one === 1);
  }

  async take(most: number, { ranges, bytes }: Limits): Promise<Taken> {
    // Names and sizes are looked at before anything is fetched.
    const text = `local found = {redis.call('GET', KEYS[4]) or '', redis.call('XLEN', KEYS[3])}
      for _, name in ipairs(redis.call('SPOP', KEYS[1], ARGV[1])) do
        local size = redis.call('HSTRLEN', KEYS[2], name)
        local known = #name <= 10 and string.match(name, '^%d+$') and tonumber(name) < tonumber(ARGV[2])
        if not known then found[#found + 1] = '!' found[#found + 1] = 'the range ' .. string.sub(name, 1, 40)
        elseif size > tonumber(ARGV[3]) then
          found[#found + 1] = '!' found[#found + 1] = size .. ' bytes as scores of range ' .. name
        else found[#found + 1] = name found[#found + 1] = redis.call('HGET', KEYS[2], name) or '' end
      end return found`;
    const [nonce, queued, ...rest] = (await this.script(
      text,
      ['changed', 'scores', 'work', 'nonce'],
      [most, ranges, bytes],
    )) as [Buffer, number, ...Buffer[]];
    const chunks: [number, Uint8Array][] = [];
    const refused: string[] = [];
    for (let k = 0; k < rest.length; k += 2) {
      const name = String(rest[k]);
      if (name === '!') refused.push(String(rest[k + 1]));
      else chunks.push([Number(name), rest[k + 1]]);
    }
    return { nonce: String(nonce) || undefined, queued: Number(queued), chunks, refused };
  }

  async end(nonce: string): Promise<void> {
    const text = `if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
      redis.call('SET', KEYS[2], 1)
      redis.call('DEL', KEYS[3]) return 1`;
    await this.script(text, ['nonce', 'ended', 'owner'], [nonce]);
  }

  async close(): Promise<void> {
    this.run.leave();
    this.client.disconnect();
  }
}

type StreamEntry = [id: string, fields: string[]];

function asArgument(value: string | number | Uint8Array): string | number | Buffer {
  return value instanceof Uint8Array ? Buffer.from(value.buffer, value.byteOffset, value.byteLength) : value;
}

function ignoreBusy(error: Error): void {
  if (!error.message.startsWith('BUSYGROUP')) throw error;
}

function checkSize(what: string, size: number): void {
  if (size > largest) throw fault({ wrong: `bad ${what}`, got: `${size} bytes`, expected: `at most ${largest}` });
}
