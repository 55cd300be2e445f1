import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { clean } from '../../src/cluster/clean.ts';
import { MemoryStore } from '../../src/cluster/memory-store.ts';
import { connect } from '../../src/cluster/redis-client.ts';
import { RedisStore } from '../../src/cluster/redis-store.ts';
import { type LocalServer, startServer } from '../../src/cluster/server.ts';
import type { Store } from '../../src/cluster/store.ts';

const nonce = '0123456789abcdef';
const limits = { ranges: 4, bytes: 40 };
let server: LocalServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.stop());

let runs = 0;
const stores: { [name: string]: () => Promise<Store> } = {
  'in memory': async () => new MemoryStore(undefined, 50),
  'on a server': () => RedisStore.open({ url: server.url, run: `run-${++runs}`, leaseTime: 50 }),
};

describe.each(Object.entries(stores))('a store %s', (_, open) => {
  let store: Store;
  beforeEach(async () => {
    store = await open();
    await store.begin(nonce, Uint8Array.of(1, 2));
    return () => store.close();
  });

  it('keeps the description of the run', async () => {
    expect(await store.meta()).toMatchObject({ nonce, ended: false });
    expect(Array.from((await store.meta())!.meta!)).toEqual([1, 2]);
    await store.end(nonce);
    expect((await store.meta())!.ended).toBe(true);
  });

  it('gives the latest parameters, if they are newer', async () => {
    expect(await store.latest(-1)).toBeUndefined();
    for (const version of [1, 2, 3, 7]) await store.publish(nonce, version, Uint8Array.of(version));
    const latest = (await store.latest(3))!;
    expect([latest.version, Array.from(latest.parameters)]).toEqual([7, [7]]);
    expect(await store.latest(7)).toBeUndefined();
  });

  it('leases each range once, and takes its scores once', async () => {
    await store.offer([2, 0]);
    const [a, b] = [(await store.lease('a', 1)).leases[0], (await store.lease('b', 1)).leases[0]];
    expect([a.range, b.range]).toEqual([2, 0]);
    expect((await store.take(10, limits)).queued).toBe(2);
    expect(await store.commit(nonce, [{ lease: a, chunk: new Uint8Array(40) }])).toEqual([true]);
    expect(await store.commit(nonce, [{ lease: a, chunk: new Uint8Array(40) }])).toEqual([false]);
    const taken = await store.take(10, limits);
    expect(taken.chunks.map(([range, chunk]) => [range, chunk.length])).toEqual([[2, 40]]);
    expect([taken.nonce, taken.queued]).toEqual([nonce, 1]);
    expect((await store.take(10, limits)).chunks).toEqual([]);
  });

  it('leases as many ranges as are asked for, takes the scores of those that are still leased', async () => {
    await store.offer([3, 1, 2, 0]);
    const { leases } = await store.lease('a', 3);
    expect(leases.map(({ range }) => range)).toEqual([3, 1, 2]);
    expect((await store.lease('b', 3)).leases.map(({ range }) => range)).toEqual([0]);
    const chunks = leases.map((lease, k) => ({ lease, chunk: new Uint8Array(40).fill(k) }));
    await store.commit(nonce, [chunks[1]]);
    expect(await store.commit(nonce, chunks)).toEqual([true, false, true]);
    const taken = await store.take(10, limits);
    expect(taken.chunks.map(([range, chunk]) => [range, chunk[0]]).sort()).toEqual([
      [1, 1],
      [2, 2],
      [3, 0],
    ]);
    expect(taken.queued).toBe(1);
    await new Promise((resolve) => setTimeout(resolve, 80));
    await store.offer([1, 2]);
    // The late ones first, by themselves or with others.
    const late = [...(await store.lease('c', 9)).leases, ...(await store.lease('c', 9)).leases];
    expect(late.map(({ range }) => range)).toContain(0);
  });

  it('gives the range of a worker that died to another', async () => {
    await store.offer([1]);
    const [first] = (await store.lease('dead', 1)).leases;
    await new Promise((resolve) => setTimeout(resolve, 80));
    const [second] = (await store.lease('alive', 1)).leases;
    expect(second.range).toBe(first.range);
    expect(await store.commit(nonce, [{ lease: second, chunk: new Uint8Array(40) }])).toEqual([true]);
    expect(await store.commit(nonce, [{ lease: first, chunk: new Uint8Array(40) }])).toEqual([false]);
  });

  it('takes no scores of another run, none that are too large, none of ranges that are not there', async () => {
    await store.offer([0, 1, 9]);
    const [zero, one, nine] = (await store.lease('a', 5)).leases;
    expect(await store.commit('fedcba9876543210', [{ lease: zero, chunk: new Uint8Array(40) }])).toEqual([false]);
    await store.commit(nonce, [{ lease: one, chunk: new Uint8Array(1_000_000) }]);
    await store.commit(nonce, [{ lease: nine, chunk: new Uint8Array(40) }]);
    const { chunks, refused } = await store.take(10, limits);
    expect(chunks).toEqual([]);
    expect([...refused].sort()).toEqual(['1000000 bytes as scores of range 1', 'the range 9']);
  });

  it('belongs to one master, until another takes it over', async () => {
    expect(await store.hold('a')).toBe('a');
    expect(await store.hold('b')).toBe('a');
    expect(await store.hold('b', true)).toBe('b');
    expect(await store.hold('a')).toBe('b');
  });

  it('forgets another run of the name', async () => {
    await store.publish(nonce, 3, Uint8Array.of(3));
    await store.offer([1]);
    await store.begin('fedcba9876543210', Uint8Array.of(1));
    expect(await store.latest(0)).toBeUndefined();
    expect((await store.take(9, limits)).queued).toBe(0);
    // A master that has not noticed yet that another took its run over.
    expect(await store.publish(nonce, 4, Uint8Array.of(4))).toBe(false);
    await store.end(nonce);
    expect(await store.latest(0)).toBeUndefined();
    expect(await store.meta('fedcba9876543210')).toMatchObject({ nonce: 'fedcba9876543210', ended: false });
  });
});

describe('on a server', () => {
  it('two versions of the parameters are kept, and all keys are under one prefix that clean removes', async () => {
    const run = 'to-clean';
    const store = await RedisStore.open({ url: server.url, run });
    const client = await connect(server.url);
    await client.set('of-someone-else', 1);
    await store.begin(nonce, Uint8Array.of(1));
    for (let version = 1; version < 9; version++) await store.publish(nonce, version, Uint8Array.of(version));
    await store.offer([1, 2]);
    await store.hold('a');
    const models = await client.keys(`unequal:{${run}}:model:*`);
    expect(models.sort()).toEqual([`unequal:{${run}}:model:7`, `unequal:{${run}}:model:8`]);
    expect(await clean(server.url, run)).toBeGreaterThan(4);
    expect(await client.keys(`*${run}*`)).toEqual([]);
    expect(await client.get('of-someone-else')).toBe('1');
    await store.close();
    client.disconnect();
  });

  it('what is on the queue and no range is told, and is off it; ranges beside it are leased', async () => {
    const run = 'noise';
    const store = await RedisStore.open({ url: server.url, run });
    const client = await connect(server.url);
    await store.begin(nonce, Uint8Array.of(1));
    await store.offer([1]);
    await client.xadd(`unequal:{${run}}:work`, '*', 'nonsense', 'x'.repeat(100));
    await store.offer([2]);
    const { leases, refused } = await store.lease('a', 5);
    expect(leases.map(({ range }) => range)).toEqual([1, 2]);
    expect(refused).toEqual([`nonsense ${'x'.repeat(40)}`]);
    expect(await client.xlen(`unequal:{${run}}:work`)).toBe(2);
    await store.close();
    client.disconnect();
  });

  it('waits for a server that is being started, or started again', async () => {
    const other = await startServer();
    const { port, password } = new URL(other.url);
    await other.stop();
    const connecting = connect(other.url);
    await new Promise((resolve) => setTimeout(resolve, 700));
    const again = await startServer({ port: Number(port), password });
    const client = await connecting;
    expect(await client.ping()).toBe('PONG');
    client.disconnect();
    await again.stop();
  });

  it('says what is wrong with an address, a password or a program, and never the password', async () => {
    const port = new URL(server.url).port;
    const secret = 'p4ssw0rd-of-mine';
    const failures = await Promise.all(
      [`redis://:${secret}@127.0.0.1:${port}`, `http://u:${secret}@h`, `redis://u:${secret}@127.0.0.1:1`].map((url) =>
        connect(url).then(
          () => 'connected',
          (error: Error) => `${error.stack} ${JSON.stringify(error)}`,
        ),
      ),
    );
    expect(failures[0]).toMatch(new RegExp(`redis://127.0.0.1:${port} cannot be used.*WRONGPASS`));
    expect(failures[1]).toMatch(/bad address of a Redis server: got http:\/\/\*\*\*@h,/);
    expect(failures[2]).toMatch(/ECONNREFUSED/);
    for (const text of failures) expect(text).not.toContain(secret);
    await expect(startServer({ program: 'no-such-redis' })).rejects.toThrow(/no Redis server to use.*install one/);
    await expect(RedisStore.open({ url: server.url, run: 'a*b' })).rejects.toThrow(/bad name of a run/);
  });
});
