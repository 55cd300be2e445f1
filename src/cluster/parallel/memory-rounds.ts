import { setTimeout as sleep } from 'node:timers/promises';
import type { Rounds } from './rounds.ts';

interface Run {
  readonly nonce: string;
  readonly meta: Uint8Array;
  last?: Uint8Array;
  round: number;
  readonly waiting: Set<string>;
  readonly heard: Map<string, number>;
  readonly entries: Map<string, Uint8Array>;
  parts: Map<string, Uint8Array>;
  readonly outcomes: Map<number, Uint8Array>;
}

/** {@link Rounds} in this process. */
export class MemoryRounds implements Rounds {
  private run: Run | undefined;
  private owner: string | undefined;
  private describer: string | undefined;

  private of(nonce: string): Run | undefined {
    return this.run?.nonce === nonce ? this.run : undefined;
  }

  async hold(owner: string): Promise<string> {
    this.owner ??= owner;
    return this.owner;
  }

  async held(): Promise<number | undefined> {
    return this.owner === undefined ? undefined : 1_000;
  }

  async stay(): Promise<boolean> {
    return true;
  }

  async isStaying(): Promise<boolean> {
    return this.owner !== undefined;
  }

  async isDescribed(): Promise<boolean> {
    return (this.owner ?? this.describer) === this.describer;
  }

  isDescriberThere(): Promise<boolean> {
    return this.isDescribed();
  }

  async release(owner: string): Promise<void> {
    if (this.owner === owner) this.owner = undefined;
  }

  async begin(nonce: string, meta: Uint8Array): Promise<void> {
    const [waiting, heard, entries, parts, outcomes] = [new Set<string>(), new Map(), new Map(), new Map(), new Map()];
    this.run = { nonce, meta, round: 0, waiting, heard, entries, parts, outcomes };
    this.describer = this.owner;
  }

  async meta() {
    return this.run && { nonce: this.run.nonce, meta: this.run.meta, ended: this.run.last !== undefined };
  }

  async greet(nonce: string, member: string, knocks: boolean, silence: number): Promise<boolean> {
    const run = this.of(nonce);
    if (knocks) run?.waiting.add(member);
    run?.heard.set(member, performance.now() + silence);
    return run !== undefined;
  }

  async leave(nonce: string, member: string): Promise<void> {
    const run = this.of(nonce);
    run?.waiting.delete(member);
    run?.heard.delete(member);
  }

  async present(nonce: string) {
    const run = this.of(nonce);
    if (run === undefined) return undefined;
    const alive = [...run.heard].filter(([, until]) => performance.now() < until).map(([member]) => member);
    return { waiting: alive.filter((member) => run.waiting.has(member) && !run.entries.has(member)), alive };
  }

  async admit(nonce: string, round: number, members: readonly string[], state: Uint8Array): Promise<boolean> {
    const run = this.of(nonce);
    if (run === undefined) return false;
    if (run.round !== round) run.parts = new Map();
    run.round = round;
    for (const member of members) {
      run.waiting.delete(member);
      run.entries.set(member, state.slice());
    }
    return true;
  }

  async entry(nonce: string, member: string) {
    await sleep(1);
    const run = this.of(nonce);
    if (run === undefined || run.last) return 'gone';
    const state = run.entries.get(member);
    if (run.entries.delete(member)) run.waiting.delete(member);
    return state;
  }

  async give(nonce: string, round: number, member: string, part: Uint8Array, _silence: number): Promise<boolean> {
    const run = this.of(nonce);
    if (run === undefined || run.round !== round || run.last) return false;
    run.parts.set(member, part.slice());
    return true;
  }

  async gathered(nonce: string, round: number, but: readonly string[], bytes: number) {
    const run = this.of(nonce);
    if (run === undefined || run.round !== round) return undefined;
    return [...run.parts]
      .filter(([member]) => !but.includes(member))
      .map(([member, part]) => [member, part.length > bytes ? undefined : part] as const);
  }

  async listen(): Promise<void> {
    await sleep(1);
  }

  async conclude(nonce: string, round: number, outcome: Uint8Array): Promise<boolean> {
    const run = this.of(nonce);
    if (run === undefined || run.round !== round) return false;
    run.round++;
    run.parts = new Map();
    run.outcomes.set(round, outcome.slice());
    run.outcomes.delete(round - 2);
    return true;
  }

  async outcome(nonce: string, round: number) {
    const run = this.of(nonce);
    if (run === undefined) return 'gone';
    const found = run.outcomes.get(round);
    if (found) return found;
    if (run.last) return 'ended';
    if (run.round > round) return 'gone';
    await sleep(1);
    return undefined;
  }

  async end(nonce: string, last: Uint8Array): Promise<void> {
    const run = this.of(nonce);
    if (run === undefined) return;
    run.last = last.slice();
    this.owner = undefined;
  }

  async last(nonce: string) {
    return this.of(nonce)?.last;
  }

  async close(): Promise<void> {}

  /** Loses all, as a server that keeps nothing does when it is killed. */
  forget(): void {
    this.run = undefined;
  }
}
