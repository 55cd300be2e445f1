/** Counts the lines of a text that comes in pieces: `\n`, `\r\n` and `\r` end one. */
export class LineCount {
  /** The line that the next letter stands in, from 1. */
  line = 1;
  /** Whether the last letter was `\r`, which a `\n` belongs to. */
  private open = false;

  pass(text: string): void {
    for (let k = 0; k < text.length; k++) {
      const code = text.charCodeAt(k);
      if (code === 13 || (code === 10 && !this.open)) this.line++;
      this.open = code === 13;
    }
  }
}

/**
 * Finds the first byte of a chunk that is no text.
 * @param before the last bytes before it, of which some may begin a letter that ends in it.
 * @param at how many bytes there are before it.
 * @param lines counted up to there; goes on to the line of the byte.
 * @returns the byte, or `undefined` where all of it is text.
 */
export function firstBad(
  encoding: string,
  { before, chunk, at }: { readonly before: Uint8Array; readonly chunk: Uint8Array; readonly at: number },
  lines: LineCount,
): number | undefined {
  const decoder = new TextDecoder(encoding, { fatal: true, ignoreBOM: true });
  const open = openBytes(encoding, before, at);
  decoder.decode(open, { stream: true });
  // The first byte of the letter that is being read.
  let from = open.length > 0 ? open[0] : chunk[0];
  for (const [k, byte] of chunk.entries()) {
    try {
      const text = decoder.decode(chunk.subarray(k, k + 1), { stream: true });
      lines.pass(text);
      if (text !== '') from = chunk[k + 1];
    } catch {
      return from ?? byte;
    }
  }
  return undefined;
}

/** The bytes at the end that begin a letter which is not there whole. */
export function openBytes(encoding: string, before: Uint8Array, at: number): Uint8Array {
  for (let length = Math.min(3, before.length); length > 0; length--) {
    if (encoding !== 'utf-8' && length % 2 !== at % 2) continue;
    const last = before.subarray(before.length - length);
    try {
      const decoder = new TextDecoder(encoding, { fatal: true, ignoreBOM: true });
      if (decoder.decode(last, { stream: true }) === '') return last;
    } catch {
      // They end a letter, or are none.
    }
  }
  return new Uint8Array();
}
