import { fault, type UnequalError } from '../../errors.ts';
import { alikeNotes } from './alike.ts';
import { isMissing, numberOf } from './cell.ts';
import { MOST_INPUTS } from './check-preparation.ts';
import type { Fitter } from './codings/coding.ts';
import { type Code, codingOf, type Kind, widthOf } from './codings/index.ts';
import { Moments } from './codings/moments.ts';
import { kindOf } from './column-kind.ts';
import type { OwnDataOptions } from './options.ts';
import type { PreparedColumn } from './preparation.ts';
import type { ColumnProfile } from './profile.ts';
import type { Broken, Table } from './table.ts';

interface Fitting {
  /** What is trained on. */
  readonly table: Table;
  readonly profiles: readonly ColumnProfile[];
  /** Places of the target columns. */
  readonly targets: readonly number[];
  /** A byte for each row that has a target. */
  readonly isTest: Uint8Array;
  readonly broken: Broken;
}

interface Fitted {
  readonly columns: readonly PreparedColumn[];
  /** Of the target columns. */
  readonly moments: readonly Moments[];
}

/** Fits the codings of all columns but the target on the training rows alone. @param notes gets what is left out. */
export async function fitColumns(
  { table, profiles, targets, isTest, broken }: Fitting,
  { as = {}, textColumns = 2048, textLength = 128, vocabulary = 20_000 }: OwnDataOptions,
  notes: string[],
): Promise<Fitted> {
  const fitters: { readonly k: number; readonly name: string; readonly fitter: Fitter<Code> }[] = [];
  const left: LeftOut[] = [];
  for (const [k, profile] of profiles.entries()) {
    if (targets.includes(k)) continue;
    const forced = Object.hasOwn(as, profile.name) ? as[profile.name] : undefined;
    const { kind, why } = kindOf(profile, forced);
    if (kind === 'ignore') {
      notes.push(`column ${profile.name} is left out: ${why}`);
      left.push({ profile, why });
    } else {
      if (kind === 'category') for (const note of alikeNotes(profile)) notes.push(note);
      const options = { textColumns, textLength, vocabulary, forced: forced !== undefined };
      fitters.push({ k, name: profile.name, fitter: codingOf(kind as Kind).fit(options) });
    }
  }
  if (fitters.length === 0) {
    throw nothingLeft(table.name, left);
  }
  const moments = targets.map(() => new Moments());
  let at = 0;
  for await (const { cells } of table.rows(broken)) {
    if (targets.some((k) => isMissing(cells[k])) || isTest[at++]) continue;
    for (const { k, fitter } of fitters) fitter.see(cells[k]);
    for (const [t, k] of targets.entries()) moments[t].add(numberOf(cells[k]) ?? 0);
  }
  const columns = fitters.map(({ name, fitter }) => ({ name, code: fitter.done() }));
  for (const { name, code } of columns) if ('std' in code) checkScale(name, [code.mean, code.std].flat());
  return { columns, moments };
}

interface LeftOut {
  readonly profile: ColumnProfile;
  readonly why?: string;
}

/** The error for a table of which all columns but the target are left out. */
function nothingLeft(table: string, left: readonly LeftOut[]): UnequalError {
  const some = left.slice(0, 3).map(({ profile, why }) => `column ${profile.name} left out: ${why}`);
  // One that says something may be wanted after all.
  const able = left.find(({ profile, why }) => why !== 'as told' && (profile.many || profile.values.size > 1));
  const kind = able && able.profile.numbers === able.profile.present ? 'number' : 'category';
  return fault({
    wrong: `${table} has nothing to predict the target from`,
    got:
      some.length === 0
        ? 'the target alone'
        : `${some.join('; ')}${left.length > 3 ? `; … ${left.length} in all` : ''}`,
    expected: 'another column',
    mend: able && `--as ${able.profile.name}=${kind} takes it (as)`,
  });
}

/** The shape of a row's inputs: one column keeps its own; several are laid side by side. */
export function inputShapeOf(columns: readonly PreparedColumn[]): readonly number[] {
  const codes = columns.map(({ code }) => code);
  const [first] = codes;
  if (codes.length === 1 && (first.kind === 'list' || first.kind === 'picture')) return first.shape;
  const width = codes.reduce((sum, code) => sum + widthOf(code), 0);
  if (codes.length > 1 && codes.some(({ kind }) => kind === 'tokens')) {
    throw fault({
      wrong: 'tokens cannot stand beside other columns',
      got: codes.map(({ kind }) => kind),
      mend: 'leave the others out with --as NAME=ignore, or take text instead of tokens (as)',
    });
  }
  if (width > MOST_INPUTS || width === 0) {
    throw fault({ wrong: 'a row makes too many inputs, or none', got: width, expected: `1 to ${MOST_INPUTS}` });
  }
  return [width];
}

/** What the inputs are, in words. */
export function columnNotes(columns: readonly PreparedColumn[]): string[] {
  const shown = columns.slice(0, 30).map(({ name, code }) => {
    if (code.kind === 'category') return `${name} (category of ${code.values.length})`;
    return code.kind === 'list' || code.kind === 'picture'
      ? `${name} (${code.kind} of ${code.shape.join(' × ')})`
      : `${name} (${code.kind})`;
  });
  return [`inputs: ${shown.join(', ')}${columns.length > 30 ? `, … ${columns.length} in all` : ''}`];
}

/** @throws UnequalError where the squares of a column's numbers are larger than a double holds. */
export function checkScale(column: string, scale: readonly number[]): void {
  if (scale.every(Number.isFinite)) return;
  throw fault({
    wrong: `column ${column} cannot be scaled`,
    got: 'numbers whose deviation is larger than 1e308',
    expected: 'numbers of at most about 1e150',
    mend: 'correct them, or leave the column out with --as NAME=ignore (as)',
  });
}
