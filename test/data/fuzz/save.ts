import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Writes a file and the folders it lies in; at once, which is faster than to wait for it many thousand times. */
export async function save(folder: string, name: string, bytes: Uint8Array): Promise<string> {
  const file = join(folder, name);
  if (dirname(file) !== folder) mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, bytes);
  return file;
}
