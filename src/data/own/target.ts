import { fault } from '../../errors.ts';
import { unknownName } from '../../nearest.ts';
import { counted } from '../../plural.ts';
import { inOrder } from './codings/category.ts';
import type { OwnDataOptions } from './options.ts';
import type { Target, Task } from './preparation.ts';
import { type ColumnProfile, MOST_VALUES, MOST_WHOLE_CLASSES } from './profile.ts';

/** Names that a target has by custom, the surest first. */
const TARGETS = ['target', 'label', 'labels', 'class', 'classes', 'y', 'outcome', 'category', 'species'];
/** The name of a column that has none. */
const NAMELESS = /^column \d+$/;
const MOST_CLASSES = 2 ** 16;

/** The target columns: those asked for, or the one that looks like it. `notes` gets what was guessed. */
export function targetColumns(
  columns: readonly string[],
  { target }: OwnDataOptions,
  table: string,
  notes: string[],
): string[] {
  if (columns.length < 2) {
    throw fault({
      wrong: `${table} has one column`,
      got: columns[0],
      expected: 'a target and something to predict it from',
      mend: 'if cells are not told apart, say what stands between them: --delimiter (delimiter)',
    });
  }
  if (target !== undefined) {
    const names = columns.includes(target) ? [target] : target.split(',').map((name) => name.trim());
    for (const name of names) if (!columns.includes(name)) throw unknownName(`column of ${table}`, name, columns);
    return [...new Set(names)];
  }
  const lower = columns.map((column) => column.toLowerCase());
  const named = TARGETS.find((name) => lower.includes(name));
  const chosen = named === undefined ? lastNamed(columns) : columns[lower.indexOf(named)];
  notes.push(`target: ${chosen}, ${named === undefined ? 'the last column' : 'by its name'} (--target says another)`);
  return [chosen];
}

/** How {@link targetColumns} has chosen. */
export const guessOf = ([name]: readonly string[]) =>
  TARGETS.includes(name.toLowerCase()) ? ('by its name' as const) : ('the last column' as const);

/** The last column, without those that commas at the ends of all lines make. */
function lastNamed(columns: readonly string[]): string {
  return columns.findLast((name) => !NAMELESS.test(name)) ?? columns[columns.length - 1];
}

/** Whether the target is a class or a number. @throws UnequalError where it can be neither. */
export function taskOf(profiles: readonly ColumnProfile[], { task }: OwnDataOptions, notes: string[]): Task {
  const [profile] = profiles;
  const { name, numbers, wholes, present, values, many } = profile;
  for (const one of profiles) checkTarget(one);
  if (task !== undefined) {
    if (task === 'classification' && profiles.length > 1) {
      throw fault({ wrong: 'several columns cannot be one class', got: profiles.map((one) => one.name).join(', ') });
    }
    if (task === 'regression') for (const one of profiles) checkNumbers(one);
    return task;
  }
  // Among words, `inf` is one.
  if (numbers === present) checkNumbers(profile);
  if (profiles.length > 1) {
    for (const one of profiles) checkNumbers(one);
    notes.push('task: regression, as there are several targets');
    return 'regression';
  }
  checkClasses(profile);
  const few = !many && values.size <= MOST_WHOLE_CLASSES && values.size < present;
  const guessed = numbers === present && !(wholes === present && few) ? 'regression' : 'classification';
  notes.push(`task: ${guessed}, as ${name} has ${contentsOf(profile, guessed)} (--task says another)`);
  return guessed;
}

function contentsOf({ numbers, present, values }: ColumnProfile, guessed: Task): string {
  if (guessed === 'regression') return 'numbers';
  return numbers === present ? `${values.size} different whole numbers` : 'words';
}

function checkTarget({ name, present, missing, lists, bytes, shape }: ColumnProfile): void {
  if (present === 0)
    throw fault({ wrong: `the target ${name} is empty`, got: `${counted(missing, 'row')} without it` });
  if (lists + bytes > 0) {
    throw fault({
      wrong: `the target ${name} has lists`,
      got: shape === undefined ? 'bytes' : `[${shape.join(', ')}] in a row`,
      expected: 'a class or a number in each row',
      mend: 'write the class in place of ones and zeros; several numbers go into columns of their own',
    });
  }
}

/** @throws UnequalError where what is guessed to be classes is not: numbers as people write them, or another word in each row. */
function checkClasses(profile: ColumnProfile): void {
  const { name, present, texts, dates, values, many } = profile;
  if (profile.isOfWrittenNumbers) {
    throw fault({
      wrong: `it is not clear what the target ${name} is`,
      got: `numbers as people write them, such as ${profile.firstText}`,
      mend: 'write them as 1234.5, or say --task classification (task)',
    });
  }
  if (dates + profile.writtenDates === present && (many || values.size > MOST_WHOLE_CLASSES)) {
    throw fault({
      wrong: `the target ${name} has dates`,
      got: many ? `more than ${MOST_VALUES} different ones` : `${values.size} different ones`,
      expected: 'classes or numbers',
      mend: 'choose another with --target (target), or say --task classification (task)',
    });
  }
  if (texts > 0 && present > 2 && !many && values.size === present) {
    throw fault({
      wrong: `the target ${name} has no classes`,
      got: 'another text in every row',
      expected: 'texts that come again',
      mend: 'choose another with --target (target)',
    });
  }
}

function checkNumbers({ name, numbers, present, firstText, wrong }: ColumnProfile): void {
  if (numbers === present && wrong !== undefined) {
    throw fault({
      wrong: `the target ${name} has a value that is no number`,
      got: wrong,
      mend: 'mend it, or say --task classification (task) if it is a class',
    });
  }
  if (numbers === present) return;
  throw fault({
    wrong: `${name} cannot be a target of regression`,
    got: firstText ?? 'dates',
    expected: 'numbers',
    mend: 'write numbers as 1234.5, or say --task classification (task)',
  });
}

/** The class of every output, in order. @throws UnequalError where there is one alone, or too many. */
export function classesOf({ name, values, many, present }: ColumnProfile, all?: ReadonlySet<string>): string[] {
  const names = all === undefined ? [...values.keys()] : [...all];
  if (many && all === undefined) {
    throw fault({
      wrong: `the target ${name} has too many classes`,
      got: `more than ${MOST_VALUES} in ${present} rows`,
      expected: `at most ${MOST_VALUES}`,
      mend: 'choose another with --target, or say --task regression (target, task)',
    });
  }
  if (names.length < 2) {
    throw fault({ wrong: `the target ${name} has one class`, got: names[0] ?? 'none', expected: 'two or more' });
  }
  if (names.length > MOST_CLASSES) throw fault({ wrong: 'too many classes', got: names.length });
  return names.sort(inOrder);
}

/** How many classes there are, and which. */
export function classesNote(classNames: readonly string[]): string {
  return `${classNames.length} classes: ${classNames.slice(0, 10).join(', ')}${classNames.length > 10 ? ', …' : ''}`;
}

/** The scaling of targets of regression, from what was seen of them in the training rows. */
export function regressionTarget(
  columns: readonly string[],
  moments: readonly { readonly mean: number; readonly std: number }[],
): Target {
  return {
    columns,
    task: 'regression',
    mean: moments.map(({ mean }) => mean),
    std: moments.map(({ std }) => std),
  };
}
