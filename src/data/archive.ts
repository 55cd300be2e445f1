import { basename } from 'node:path';
import { fault } from '../errors.ts';
import { sha256 } from './checksums.ts';
import type { OnProgress } from './progress.ts';
import { sizeOfRegular } from './regular-file.ts';

/** An archive known by its content. */
export interface Archive {
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
}

/**
 * Finds which of `known` archives `file` is.
 *
 * @throws UnequalError that says whether it is truncated, corrupt or something else.
 */
export async function identify(file: string, known: readonly Archive[], onProgress?: OnProgress): Promise<Archive> {
  const size = await sizeOfRegular(file);
  const hash = await sha256(file, onProgress);
  const match = known.find((archive) => archive.sha256 === hash);
  if (match !== undefined) return match;
  const named = known.find((archive) => archive.file === basename(file)) ?? known[0];
  const state = known.some(({ bytes }) => bytes === size)
    ? 'is corrupt (its length is right, its content is not)'
    : size < named.bytes
      ? `is truncated at byte ${size} of ${named.bytes}, or another file`
      : `is ${size - named.bytes} bytes too long, or another file`;
  throw fault({
    wrong: `${file} ${state}`,
    got: `SHA-256 ${hash}`,
    expected: known.map((archive) => `${archive.sha256} (${archive.file}, ${archive.bytes} bytes)`).join(' or '),
    mend: 'fetch it again',
  });
}
