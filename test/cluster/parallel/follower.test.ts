import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, it, vi } from 'vitest';
import { Follower } from '../../../src/cluster/parallel/follower.ts';
import { Leader } from '../../../src/cluster/parallel/leader.ts';
import { MemoryRounds } from '../../../src/cluster/parallel/memory-rounds.ts';
import { encodeMessage } from '../../../src/cluster/parallel/messages.ts';
import { encode } from '../../../src/fit/codec.ts';

afterEach(() => vi.restoreAllMocks());

const [first, second, leader] = ['0123456789abcdef', '123456789abcdef0', '23456789abcdef01'];
const meta = encode({ model: 'a' });
const nothing = { state: null, changes: { trainable: [], settings: [] } };
const last = Uint8Array.of(1, 2, 3);

/** A member of a run whose leader was killed; the run was gone on with, and ended before the member came in again. */
async function bereft() {
  const store = new MemoryRounds();
  await store.begin(first, meta);
  const follower = new Follower(store, { dropAfter: 5, patience: 5 }, { sent: 0, received: 0 });
  const entering = follower.enter(() => {});
  while (!(await store.present(first))?.waiting.includes(follower.id)) await sleep(5);
  const bytes = encodeMessage({ nonce: first, round: 0, members: [leader, follower.id], ...nothing });
  await store.admit(first, 0, [follower.id], bytes);
  await entering;
  await store.begin(second, meta);
  await store.end(second, last);
  return follower;
}

it('a run that was gone on with and has ended is ended for who was a member of it', async () => {
  const follower = await bereft();
  expect(await follower.enter(() => {})).toBeUndefined();
  expect(follower.standing).toBe('ended');
  expect(await follower.last()).toEqual(last);
  await follower.close();
});

it('but not if it is another run', async () => {
  const follower = await bereft();
  const differs = () => {
    throw new Error('another model');
  };
  await expect(follower.enter(differs)).rejects.toThrow(/this process cannot join the run.*another model/);
  await follower.close();
});

/** As a process sees it that was stopped for so many seconds, or whose machine slept. */
function pause(seconds: number): void {
  const now = performance.now.bind(performance);
  vi.spyOn(performance, 'now').mockImplementation(() => now() + 1_000 * seconds);
}

it('one that was stopped for longer than is waited for whoever leads goes on', async () => {
  const store = new MemoryRounds();
  await store.begin(first, meta);
  const follower = new Follower(store, { dropAfter: 5, patience: 5 }, { sent: 0, received: 0 });
  const entering = follower.enter(() => {});
  while (!(await store.present(first))?.waiting.includes(follower.id)) await sleep(5);
  pause(3_600);
  await sleep(50);
  const bytes = encodeMessage({ nonce: first, round: 0, members: [leader, follower.id], ...nothing });
  await store.admit(first, 0, [follower.id], bytes);
  expect((await entering)?.round).toBe(0);
  await follower.close();
});

it('and one that leads waits on for others', async () => {
  const store = new MemoryRounds();
  const leads = new Leader(store, { dropAfter: 5, patience: 5 }, { sent: 0, received: 0 });
  await leads.lead();
  const beginning = leads.begin(meta, 1);
  await sleep(50);
  pause(3_600);
  await sleep(50);
  await store.greet(leads.nonce, second, true, 5_000);
  await beginning;
  expect(leads.members).toContain(second);
  await leads.end(last);
});

it('waiting ends all the same', async () => {
  const follower = new Follower(new MemoryRounds(), { dropAfter: 5, patience: 0.3 }, { sent: 0, received: 0 });
  await expect(follower.enter(() => {})).rejects.toThrow(/no process leads the run: got nothing in 0.3 s/);
  await follower.close();
});
