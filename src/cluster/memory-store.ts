import type { Lease, Leased, Limits, Scored, Store, Taken } from './store.ts';

interface Queued extends Lease {
  /** When it was leased; undefined while it waits. */
  since?: number;
}

/** A {@link Store} in this process, for tests of what is built on one. Its clock is given. */
export class MemoryStore implements Store {
  private run: { nonce: string; meta: Uint8Array; ended: boolean } | undefined;
  private owner: string | undefined;
  private describer: string | undefined;
  private stays = false;
  private models: { version: number; parameters: Uint8Array }[] = [];
  private queue: Queued[] = [];
  private ids = 0;
  private chunks = new Map<number, Uint8Array>();
  private changed = new Set<number>();

  constructor(
    private readonly now: () => number = () => performance.now(),
    private readonly leaseTime = 10_000,
  ) {}

  async begin(nonce: string, meta: Uint8Array): Promise<void> {
    this.forget();
    this.run = { nonce, meta: meta.slice(), ended: false };
    this.describer = this.owner;
  }

  async meta(known?: string) {
    return this.run && { ...this.run, meta: this.run.nonce === known ? undefined : this.run.meta };
  }

  async hold(owner: string, takeOver = false): Promise<string> {
    if (takeOver || this.owner === undefined) this.owner = owner;
    return this.owner;
  }

  async stay(): Promise<void> {
    this.stays = true;
  }

  async isStaying(): Promise<boolean> {
    return this.stays;
  }

  async isDescriberThere(): Promise<boolean> {
    return (this.owner ?? this.describer) === this.describer;
  }

  async publish(nonce: string, version: number, parameters: Uint8Array): Promise<boolean> {
    if (this.run?.nonce !== nonce) return false;
    this.models = [...this.models, { version, parameters: parameters.slice() }].slice(-2);
    return true;
  }

  async latest(version: number) {
    const last = this.models.at(-1);
    return last && last.version > version ? last : undefined;
  }

  async offer(ranges: readonly number[]): Promise<void> {
    for (const range of ranges) this.queue.push({ id: `${++this.ids}`, range });
  }

  async lease(_worker: string, most: number): Promise<Leased> {
    const now = this.now();
    const free = this.queue.filter(({ since }) => since === undefined || now - since > this.leaseTime).slice(0, most);
    for (const one of free) one.since = now;
    return { leases: free.map(({ id, range }) => ({ id, range })), refused: [] };
  }

  async commit(nonce: string, scored: readonly Scored[]): Promise<readonly boolean[]> {
    return scored.map(({ lease: { id, range }, chunk }) => {
      const at = this.queue.findIndex((one) => one.id === id);
      if (at < 0 || this.run?.nonce !== nonce) return false;
      this.queue.splice(at, 1);
      this.chunks.set(range, chunk.slice());
      this.changed.add(range);
      return true;
    });
  }

  async take(most: number, { ranges, bytes }: Limits): Promise<Taken> {
    const chunks: [number, Uint8Array][] = [];
    const refused: string[] = [];
    for (const range of [...this.changed].slice(0, most)) {
      this.changed.delete(range);
      const chunk = this.chunks.get(range);
      if (!(range >= 0 && range < ranges) || chunk === undefined) refused.push(`the range ${range}`);
      else if (chunk.length > bytes) refused.push(`${chunk.length} bytes as scores of range ${range}`);
      else chunks.push([range, chunk]);
    }
    return { nonce: this.run?.nonce, queued: this.queue.length, chunks, refused };
  }

  async end(nonce: string): Promise<void> {
    if (this.run?.nonce === nonce) this.run.ended = true;
  }

  async close(): Promise<void> {
    this.owner = undefined;
    this.stays = false;
  }

  /** Loses all, as a server that keeps nothing does when it is killed. */
  forget(): void {
    this.run = undefined;
    this.models = [];
    this.queue = [];
    this.chunks.clear();
    this.changed.clear();
  }
}
