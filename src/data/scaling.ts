import { fault } from '../errors.ts';

/** Mean and standard deviation of every channel, in units of the raw bytes (0 to 255). */
export interface ChannelStatistics {
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

/** How bytes become inputs: `unit` x/255, `symmetric` x/127.5 − 1, or (x − mean)/std for each channel. */
export type Scaling = 'unit' | 'symmetric' | ChannelStatistics;

/** The input for every byte value of every channel: `table[256 c + x]`. */
export function scalingTable(scaling: Scaling, channels: number): Float32Array {
  if (typeof scaling !== 'object' ? scaling !== 'unit' && scaling !== 'symmetric' : !(scaling?.mean && scaling.std)) {
    throw fault({
      wrong: 'Unknown scaling',
      got: scaling,
      expected: 'unit, symmetric or { mean, std } of each channel',
    });
  }
  const table = new Float32Array(256 * channels);
  for (let c = 0; c < channels; c++) {
    const mean = scaling === 'unit' ? 0 : scaling === 'symmetric' ? 127.5 : scaling.mean[c];
    const std = scaling === 'unit' ? 255 : scaling === 'symmetric' ? 127.5 : scaling.std[c];
    if (!Number.isFinite(mean) || !(std > 0)) {
      throw fault({
        wrong: `Channel ${c} cannot be normalised`,
        got: `mean ${mean} and standard deviation ${std}`,
        expected: 'a finite mean and a standard deviation above 0',
      });
    }
    for (let x = 0; x < 256; x++) table[256 * c + x] = (x - mean) / std;
  }
  return table;
}

/**
 * Scales `count` interleaved bytes at `from` into `xs` at `to`.
 *
 * The two usual numbers of channels are written out: this runs for every input of every step, and the plain loop below
 * takes three times as long.
 */
export function scaleBytes(
  bytes: Uint8Array,
  from: number,
  table: Float32Array,
  channels: number,
  xs: Float32Array,
  to: number,
  count: number,
): void {
  let i = 0;
  if (channels === 1) {
    for (; i + 4 <= count; i += 4) {
      const at = from + i;
      const out = to + i;
      xs[out] = table[bytes[at]];
      xs[out + 1] = table[bytes[at + 1]];
      xs[out + 2] = table[bytes[at + 2]];
      xs[out + 3] = table[bytes[at + 3]];
    }
  } else if (channels === 3) {
    for (; i + 6 <= count; i += 6) {
      const at = from + i;
      const out = to + i;
      xs[out] = table[bytes[at]];
      xs[out + 1] = table[256 + bytes[at + 1]];
      xs[out + 2] = table[512 + bytes[at + 2]];
      xs[out + 3] = table[bytes[at + 3]];
      xs[out + 4] = table[256 + bytes[at + 4]];
      xs[out + 5] = table[512 + bytes[at + 5]];
    }
  }
  while (i < count) for (let c = 0; c < channels; c++, i++) xs[to + i] = table[256 * c + bytes[from + i]];
}
