import { readdirSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import ts from 'typescript';
import { expect, it } from 'vitest';

const root = new URL('../src/', import.meta.url);
/** From `cli`, 0, downwards. */
const floors = readFileSync(new URL('../CONTRIBUTING.md', import.meta.url), 'utf8')
  .match(/^cli →.*$/m)![0]
  .split(' → ')
  .map((rooms) => rooms.split(', '));
const files = (readdirSync(root, { recursive: true }) as string[])
  .map((file) => file.replaceAll('\\', '/'))
  .filter((file) => file.endsWith('.ts'));
const roomOf = (file: string) => (file.includes('/') ? file.slice(0, file.indexOf('/')) : undefined);
/** Single files stand below every room, `index.ts` above those that make the library and below those that use it. */
function floorOf(file: string): number {
  const room = roomOf(file);
  if (room !== undefined) return floors.findIndex((rooms) => rooms.includes(room));
  return file === 'index.ts' ? floors.findIndex((rooms) => rooms.includes('experiments')) + 0.5 : floors.length;
}
/** The one that is loaded when it is asked for. */
const upwards = ['fit/history.ts → report/history-report.ts'];

it('every room of src has its place in CONTRIBUTING.md', () => {
  const rooms = [...new Set(files.flatMap((file) => roomOf(file) ?? []))];
  expect(floors.flat().sort()).toEqual(rooms.sort());
});

it('imports point downwards', () => {
  const wrong: string[] = [];
  for (const file of files) {
    const { importedFiles } = ts.preProcessFile(readFileSync(new URL(file, root), 'utf8'));
    for (const { fileName } of importedFiles) {
      if (!fileName.startsWith('.')) continue;
      const to = posix.join(posix.dirname(file), fileName);
      if (to.startsWith('..') || roomOf(to) === roomOf(file)) continue;
      if (floorOf(to) <= floorOf(file)) wrong.push(`${file} → ${to}`);
    }
  }
  expect(wrong).toEqual(upwards);
});
