import type sharp from 'sharp';
import { fault } from '../errors.ts';
import { importInNode } from '../platform.ts';

/** The decoder of pictures. It is a large package, loaded when the first picture is. @throws UnequalError where it is missing. */
export async function loadSharp(): Promise<typeof sharp> {
  try {
    return ((await importInNode('sharp')) as { default: typeof sharp }).default;
  } catch (cause) {
    throw fault({ wrong: 'pictures cannot be decoded', got: 'no package sharp', mend: 'npm install sharp', cause });
  }
}
