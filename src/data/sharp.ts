import type sharp from 'sharp';
import { fault } from '../errors.ts';
import { importInNode } from '../platform.ts';

let isReady = false;

/** The decoder of pictures. It is a large package, loaded when the first picture is. @throws UnequalError where it is missing. */
export async function loadSharp(): Promise<typeof sharp> {
  try {
    const { default: decoder } = (await importInNode('sharp')) as { default: typeof sharp };
    // No picture is decoded twice in a row: to remember what was done costs a quarter of the time of small ones.
    if (!isReady) decoder.cache(false);
    isReady = true;
    return decoder;
  } catch (cause) {
    throw fault({ wrong: 'pictures cannot be decoded', got: 'no package sharp', mend: 'npm install sharp', cause });
  }
}
