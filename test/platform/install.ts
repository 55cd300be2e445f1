import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

/** A folder of a user's, in which the built package is installed, with a program; its files by name. */
export async function install(files: Readonly<Record<string, string>> = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'unequal-user-'));
  const link = async (name: string, target: string) => {
    await mkdir(dirname(join(folder, 'node_modules', name)), { recursive: true });
    await symlink(resolve(target), join(folder, 'node_modules', name), 'junction');
  };
  await link('unequal', '.');
  await link('@tensorflow/tfjs', 'node_modules/@tensorflow/tfjs');
  await link('@tensorflow/tfjs-backend-wasm', 'node_modules/@tensorflow/tfjs-backend-wasm');
  await writeFile(join(folder, 'package.json'), JSON.stringify({ type: 'module', private: true }));
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  return { folder, remove: () => rm(folder, { recursive: true }) };
}
