import { fault } from '../../errors.ts';
import { unknownName } from '../../nearest.ts';
import { counted } from '../../plural.ts';
import { alikeNotes } from './alike.ts';
import { classNotes, encodeRows } from './encode-rows.ts';
import { fileRows } from './file-rows.ts';
import { checkScale, columnNotes, fitColumns, inputShapeOf } from './fit-columns.ts';
import { checkGuess } from './missing-target.ts';
import type { OwnDataOptions } from './options.ts';
import { pictureShape, withPictures } from './pictures.ts';
import { placesOf, type TablePreparation } from './preparation.ts';
import { survey } from './survey.ts';
import { aligned, Broken, type Table } from './table.ts';
import { PictureTableSamples, TableSamples } from './table-samples.ts';
import { classesNote, classesOf, guessOf, regressionTarget, targetColumns, taskOf } from './target.ts';
import { testRows } from './test-rows.ts';
import { placedAs } from './unnamed.ts';

/** A table as samples, how it was prepared, and what there is to be said of it. */
export interface TableData {
  readonly train: TableSamples;
  readonly test: TableSamples;
  readonly preparation: TablePreparation;
  /** What was guessed, left out or missing, a line for each. */
  readonly notes: readonly string[];
  /** Rows that could not be read, with `skipBroken`. */
  readonly skipped: readonly string[];
}

/** Reads tables three times: what the columns are; what the codings need, of the training rows; the rows themselves. */
export async function tableData(
  source: { readonly train: Table; readonly test?: Table },
  options: OwnDataOptions = {},
): Promise<TableData> {
  const like = options.preparation && preparedAlike(options);
  const picture = like ? like.picture : await pictureShape(source.train, options);
  const table = withPictures(like ? placedAs(source.train, like) : source.train, picture);
  const testTable = source.test && withPictures(source.test, picture);
  const broken = new Broken(options.skipBroken);
  const notes = [...(table.notes ?? [])];
  const names = like?.target.columns ?? targetColumns(table.columns, options, table.name, notes);
  for (const name of Object.keys(options.as ?? {})) {
    if (!table.columns.includes(name)) throw unknownName(`column of ${table.name}`, name, table.columns);
    if (!names.includes(name)) continue;
    throw fault({
      wrong: `as does not say what the target ${name} is`,
      got: options.as?.[name],
      expected: 'classification or regression',
      mend: 'say --task (task)',
    });
  }
  const targets = placesOf(names, table.columns, table.name);
  const likeTable = { unnamed: table.unnamed ? table.columns.length : undefined, target: { columns: names } };
  const tables = testTable === undefined ? [table] : [table, aligned(placedAs(testTable, likeTable), table)];

  const { profiles, counts } = await survey(tables, targets, broken);
  const asked = { names, guess: like || options.target !== undefined ? undefined : guessOf(names) };
  checkGuess(asked, counts);
  const isTest = testRows(counts, testTable !== undefined, options, table.name, asked);
  const reading = { tables, targets, broken, isTest: isTest.rows };
  const preparation = like ?? {
    ...(await fitted({ ...reading, table, profiles }, names, options, notes)),
    ...(picture && { picture }),
    ...(isTest.drawn && { drawn: isTest.drawn }),
  };
  const { columns } = preparation;
  const { classNames } = preparation.target;

  const encoded = await encodeRows(reading, preparation);
  for (const note of [...columnNotes(columns), ...encoded.notes]) notes.push(note);
  if (counts.without > 0)
    notes.push(
      `${counted(counts.without, 'row')} without the target ${counts.without === 1 ? 'was' : 'were'} left out`,
    );
  notes.push(isTest.note);
  if (classNames !== undefined) for (const note of classNotes(encoded, classNames)) notes.push(note);
  const skipped = [...broken.skipped].map(([place, why]) => `${place}: ${why}`);

  const [, , channels] = preparation.inputShape;
  const onlyPicture = columns.length === 1 && columns[0].code.kind === 'picture';
  const Samples = onlyPicture && (channels === 1 || channels === 3) ? PictureTableSamples : TableSamples;
  const { rows, targets: values, numbers, count } = encoded;
  const reread = (wanted: ReadonlySet<number>) => fileRows(tables, wanted, new Broken(options.skipBroken));
  const make = (places: readonly number[]) =>
    new Samples({
      name: table.name,
      preparation,
      rows,
      targets: values,
      numbers,
      count,
      at: Uint32Array.from(places),
      reread,
    });
  return { train: make(encoded.train), test: make(encoded.test), preparation, notes, skipped };
}

/** Fits how rows are prepared on those that are trained on. @param notes gets what was guessed and left out. */
async function fitted(
  reading: Parameters<typeof fitColumns>[0],
  names: readonly string[],
  options: OwnDataOptions,
  notes: string[],
): Promise<TablePreparation> {
  const targetProfiles = reading.targets.map((k) => reading.profiles[k]);
  const task = taskOf(targetProfiles, options, notes);
  const classNames = task === 'classification' ? classesOf(targetProfiles[0]) : undefined;
  if (classNames !== undefined) {
    notes.push(classesNote(classNames));
    for (const note of alikeNotes(targetProfiles[0])) notes.push(note);
  }
  const { columns, moments } = await fitColumns(reading, options, notes);
  if (task === 'regression') for (const [t, { mean, std }] of moments.entries()) checkScale(names[t], [mean, std]);
  return {
    format: 'table',
    version: 1,
    columns,
    target: classNames === undefined ? regressionTarget(names, moments) : { columns: names, task, classNames },
    inputShape: inputShapeOf(columns),
    ...(reading.table.unnamed && { unnamed: reading.table.columns.length }),
  };
}

/** @throws UnequalError where an option says otherwise than the preparation that is given. */
function preparedAlike({ preparation, target, task, as = {} }: OwnDataOptions): TablePreparation {
  const like = preparation as TablePreparation;
  const { columns, task: before } = like.target;
  const kinds = new Map(like.columns.map(({ name, code }) => [name, code.kind as string]));
  const others = Object.entries(as).find(([column, kind]) => kind !== (kinds.get(column) ?? 'ignore'));
  const odd = [
    ...(others ? [`as ${others.join('=')}`] : []),
    ...(target !== undefined && target !== columns.join(',') ? [`target ${target}`] : []),
    ...(task !== undefined && task !== before ? [`task ${task}`] : []),
  ][0];
  if (odd === undefined) return like;
  throw fault({
    wrong: `${odd} does not go with data that is prepared as other data was`,
    expected: `${before} of ${columns.join(', ')}, and the columns that were taken`,
    mend: 'leave it out, or train another model',
  });
}
