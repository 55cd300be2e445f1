import { fault, type UnequalError } from '../../errors.ts';
import { counted } from '../../plural.ts';
import type { ColumnKind } from './options.ts';
import { type ColumnProfile, MOST_WHOLE_CLASSES } from './profile.ts';

/** Names of numbers that say nothing but which row it is. */
const IDS = /^(id|index|idx|row|row_?(id|nr|number)|no|nr|unnamed: 0|column 1|.*[_ -]id)$/i;
/** What pandas adds to a Parquet file: how its rows were numbered. */
const PANDAS_INDEX = /^__index_level_\d+__$/;

interface Guess {
  readonly kind: ColumnKind;
  /** Why it is left out, or that it was told. */
  readonly why?: string;
}

/** What a column is taken for, and why it is left out where it is. @throws UnequalError where it is not clear. */
export function kindOf(profile: ColumnProfile, forced: ColumnKind | undefined): Guess {
  const { name, numbers, lists, bytes, present, values, many, wrong } = profile;
  if (forced !== undefined) {
    checkForced(profile, forced);
    return { kind: forced, why: 'as told' };
  }
  if (present === 0) return ignored('it is empty');
  if (PANDAS_INDEX.test(name)) return ignored('it is the index of a table of pandas');
  if (lists + bytes > 0) return kindOfLists(profile);
  if (wrong !== undefined && numbers === present) {
    throw unclear(name, `the number ${wrong}`, 'mend the file, or leave such rows out');
  }
  if (!many && values.size === 1 && profile.missing === 0) {
    return ignored(`it is ${[...values.keys()][0]} in every row`);
  }
  if (numbers === present) return kindOfNumbers(profile);
  checkWriting(profile);
  return kindOfDates(profile) ?? kindOfWords(profile);
}

const ignored = (why: string): Guess => ({ kind: 'ignore', why });

const unclear = (name: string, got: string, mend: string): UnequalError =>
  fault({
    wrong: `it is not clear what column ${name} is`,
    got,
    mend: `${mend}, or leave it out with ${name}=ignore`,
  });

function kindOfLists({ name, lists, present, byteLists, shape, wrong }: ColumnProfile): Guess {
  if (lists === 0) throw unclear(name, 'bytes that are no picture', 'mend the file');
  if (lists < present)
    throw unclear(name, `${counted(lists, 'list')} and ${counted(present - lists, 'other value')}`, 'mend the file');
  if (wrong !== undefined) throw unclear(name, `lists of different lengths: ${wrong}`, 'make them of one length');
  return { kind: byteLists === lists && (shape?.length ?? 0) > 1 ? 'picture' : 'list' };
}

function kindOfNumbers({ name, truths, present, running }: ColumnProfile): Guess {
  // As `True` and `False` in a CSV file: the same table is prepared alike whatever file it comes in.
  if (truths === present) return { kind: 'category' };
  if (running && present > 2 && IDS.test(name)) return ignored('it is a running number');
  return { kind: 'number' };
}

/** @throws UnequalError for numbers and dates as people write them: `1.234` is another number elsewhere. */
function checkWriting({ name, isOfWrittenNumbers, writtenDates, present, firstText }: ColumnProfile): void {
  if (isOfWrittenNumbers) {
    const got = `numbers as people write them, such as ${firstText}`;
    throw unclear(name, got, `write them as 1234.5, or say --as ${name}=category`);
  }
  if (writtenDates > 0.9 * present) {
    const got = `dates as people write them, such as ${firstText}`;
    throw unclear(name, got, `write them as 2020-12-31, or say --as ${name}=category`);
  }
}

function kindOfDates({ name, dates, present, firstText }: ColumnProfile): Guess | undefined {
  if (dates === present) return { kind: 'date' };
  if (dates <= 0.9 * present) return undefined;
  const others = firstText === undefined ? 'numbers' : `others, first ${firstText}`;
  const mend = `say --as ${name}=date (the others are missing then), ${name}=category`;
  throw unclear(name, `${counted(dates, 'date')} and ${others}`, mend);
}

function kindOfWords(profile: ColumnProfile): Guess {
  const { numbers, present, values, many, words, characters } = profile;
  if (numbers > present / 2 && (many || values.size > MOST_WHOLE_CLASSES + 1)) throw mixed(profile);
  if (words / present >= 4 || characters / present > 40) return { kind: 'text' };
  if (!many && (values.size <= 50 || values.size <= present / 2)) return { kind: 'category' };
  if (!many && values.size === present && words < 1.5 * present) return ignored('it is another word in every row');
  return { kind: 'text' };
}

function mixed({ name, numbers, texts, dates, firstText = 'dates' }: ColumnProfile): UnequalError {
  const count = texts + dates;
  return unclear(
    name,
    `${numbers} numbers and ${count === 1 ? '' : `${count} others, first `}${firstText}`,
    `say --as ${name}=number (the others are missing then), ${name}=category`,
  );
}

function checkForced({ name, lists, present, numbers, dates }: ColumnProfile, forced: ColumnKind): void {
  const wantsList = forced === 'list' || forced === 'picture';
  const can =
    forced === 'ignore' ||
    ((wantsList ? lists === present && present > 0 : lists === 0) &&
      (forced !== 'number' || numbers > 0) &&
      (forced !== 'date' || dates > 0));
  if (!can) throw fault({ wrong: `column ${name} cannot be taken for ${forced}`, got: counted(numbers, 'such value') });
}
