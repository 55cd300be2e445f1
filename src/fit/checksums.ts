import { crc32 } from '../crc32.ts';
import type { ModelBatch } from '../learner/batch.ts';

/** A checksum of each array of a batch: they tell one batch from another. */
export function checksums({ xs, ys }: Pick<ModelBatch, 'xs' | 'ys'>): number[] {
  return [...xs, ...ys].map(({ data }) =>
    crc32(
      ArrayBuffer.isView(data)
        ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
        : new TextEncoder().encode(JSON.stringify(data)),
    ),
  );
}
