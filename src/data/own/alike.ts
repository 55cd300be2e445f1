import { counted } from '../../plural.ts';
import type { ColumnProfile } from './profile.ts';

/** Groups of names that are told. */
const MOST = 3;

/** Says which values of a column differ in nothing but upper and lower case: they may be meant to be one. */
export function alikeNotes({ name, values }: ColumnProfile): string[] {
  const groups = new Map<string, string[]>();
  for (const value of values.keys()) {
    const key = value.toLowerCase();
    groups.set(key, [...(groups.get(key) ?? []), value]);
  }
  const alike = [...groups.values()].filter((group) => group.length > 1);
  return alike.slice(0, MOST).map((group) => {
    const all = group.map((value) => `${value} (${counted(values.get(value) ?? 0, 'row')})`).join(', ');
    return `column ${name} has values that differ in upper and lower case alone, and are taken for different ones: ${all}`;
  });
}
