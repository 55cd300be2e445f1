import type { Figure } from './plot.ts';
import { standalone } from './standalone.ts';

/**
 * Writes each figure as an SVG file of its own, named after its name, or else its title.
 *
 * @param figures those that there is nothing to draw for are left out.
 * @returns the names of the files, in the order of the figures.
 *
 * @example
 * ```ts
 * await writeFigures('figures', [drawn]);
 * ```
 */
export async function writeFigures(folder: string, figures: Iterable<Figure | undefined>): Promise<string[]> {
  // Not imported above, so that figures can be drawn in a browser too.
  const { writeWhole } = await import('../whole-file.ts');
  const { join } = process.getBuiltinModule('node:path');
  await process.getBuiltinModule('node:fs/promises').mkdir(folder, { recursive: true });
  const names: string[] = [];
  for (const figure of figures) {
    if (figure === undefined) continue;
    const { title, name: own = title } = figure.options;
    const name = free(fileName(own), names);
    await writeWhole(join(folder, name), standalone(figure));
    names.push(name);
  }
  return names;
}

/**
 * `training-loss.svg`: small letters, digits and hyphens, safe in every file system and address.
 *
 * @example
 * ```ts
 * fileName('Training loss'); // training-loss.svg
 * ```
 */
export function fileName(title: string): string {
  const plain = title
    .normalize('NFKD')
    .replaceAll('τ', 'tau')
    .replace(/[\u0300-\u036f'’]/g, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 80)
    .replace(/^-+|-+$/g, '');
  return `${plain || 'figure'}.svg`;
}

function free(name: string, taken: readonly string[]): string {
  if (!taken.includes(name)) return name;
  for (let k = 2; ; k++) {
    const candidate = name.replace('.svg', `-${k}.svg`);
    if (!taken.includes(candidate)) return candidate;
  }
}
