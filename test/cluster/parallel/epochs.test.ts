/**
 * How many epochs there are, how often callbacks hear of them and what stands in the history does not depend on how many
 * processes train, nor on who comes and goes meanwhile. Real processes and a real server.
 */
import { describe, expect, it } from 'vitest';
import type { startChild } from '../children.ts';
import { realMembers } from './members.ts';

const members = realMembers();

type Child = ReturnType<typeof startChild>;
const range = (count: number) => Array.from({ length: count }, (_, k) => k);
/** What one process tells and keeps. */
const toldOf = (those: readonly number[]) => those.flatMap((k) => [`begin ${k}`, `end ${k} loss,val_loss`]);

let runs = 0;
/** The one that leads, and a way to start others of the same run. */
function team(epochs: number, ...more: string[]) {
  const run = `epochs-${++runs}`;
  const words = [run, members.place(run), `${epochs}`, ...more];
  const start = (joins: boolean, ...extra: string[]) => members.start([...words, ...extra], joins);
  return { epochs, start, join: () => start(true) };
}

async function expectWhole(epochs: number, leads: Child, others: readonly Child[], from = 0) {
  const all = range(epochs);
  const { code, last, err } = await leads.ended();
  expect([code, last?.done], err).toEqual([0, true]);
  // One that is gone on with has begun its epoch before.
  const told = toldOf(all.slice(from)).slice(from === 0 ? 0 : 1);
  expect({ told: last.told.slice(-told.length), epochs: last.epochs, entries: last.entries }).toEqual({
    ...{ told, epochs: all, entries: { loss: epochs, val_loss: epochs } },
  });
  if (from === 0) expect(last.told.length).toBe(told.length);
  for (const other of others) {
    const { code, last, err } = await other.ended();
    expect([code, last?.done], err).toEqual([0, true]);
    // Who follows has no callbacks; its history is that of the run, of which it may have seen a part.
    expect({ epochs: last.epochs, told: last.told }).toEqual({ epochs: all, told: [] });
    expect(last.entries.loss).toBe(epochs);
  }
  return last;
}

describe('epochs, calls and entries are those of one process', { timeout: 120_000, retry: 1 }, () => {
  it.each([
    ['every step', []],
    ['rounds of five steps', ['every=5']],
    ['DiLoCo, rounds longer than an epoch, by importance', ['every=50', 'diloco', 'importance']],
  ])('%s: alone, and three from the start', async (_, more) => {
    const alone = team(5, ...more).start(false);
    const { epochs, start, join } = team(5, ...more);
    const others = [join(), join()];
    const last = await expectWhole(epochs, start(false, 'workers=2'), others);
    expect(last.most).toBe(3);
    await expectWhole(epochs, alone, []);
  });

  it.each([
    ['every step', []],
    ['rounds of five steps', ['every=5']],
  ])('%s: workers come and go in the middle of an epoch', async (_, more) => {
    // A process takes seconds to come where the machine is busy: there are to be steps left for the last.
    const { epochs, start, join } = team(24, 'pause=12', ...more);
    const leads = start(false);
    await leads.until(({ step }) => step > 30);
    const [killed, stays] = [join(), join()];
    await leads.until(({ members }) => members === 3);
    await killed.kill();
    await leads.until(({ members }) => members === 2);
    const late = join();
    await leads.until(({ members }) => members === 3);
    await expectWhole(epochs, leads, [stays, late]);
  });

  it('a worker that stands still for a while and comes in again', async () => {
    const { epochs, start, join } = team(24, 'pause=4');
    const other = join();
    const leads = start(false, 'workers=1');
    await leads.until(({ step }) => step > 20);
    other.signal('SIGSTOP');
    await leads.until(({ members }) => members === 1);
    other.signal('SIGCONT');
    await leads.until(({ members }) => members === 2);
    await expectWhole(epochs, leads, [other]);
  });

  it('the one that leads is killed and resumed', async () => {
    const { epochs, start, join } = team(24, 'pause=4');
    const other = join();
    const leads = start(false, 'workers=1');
    await leads.until(({ step }) => step > 60);
    await leads.kill();
    const resumed = start(false, 'resume');
    // 400 samples in steps of 32: more than four epochs of 13 steps are over.
    await expectWhole(epochs, resumed, [other], 20);
  });
});
