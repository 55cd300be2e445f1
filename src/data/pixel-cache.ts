/** Pixels of the most recently used images; a Map keeps the order of insertion. */
export class PixelCache {
  readonly #limit: number;
  readonly #entries = new Map<number, Uint8Array>();
  #bytes = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  has(index: number): boolean {
    return this.#entries.has(index);
  }

  get(index: number): Uint8Array | undefined {
    const pixels = this.#entries.get(index);
    if (pixels !== undefined) {
      this.#entries.delete(index);
      this.#entries.set(index, pixels);
    }
    return pixels;
  }

  set(index: number, pixels: Uint8Array): void {
    if (pixels.length > this.#limit || this.#entries.has(index)) return;
    this.#entries.set(index, pixels);
    this.#bytes += pixels.length;
    for (const [oldest, old] of this.#entries) {
      if (this.#bytes <= this.#limit) break;
      this.#entries.delete(oldest);
      this.#bytes -= old.length;
    }
  }
}
