import { basename } from 'node:path';
import { fault } from '../../errors.ts';
import { unknownName } from '../../nearest.ts';
import { counted } from '../../plural.ts';
import { originOf, placeOf } from '../labelled.ts';
import { relabelled } from '../relabelled.ts';
import { isLabelled } from '../subset.ts';
import { nameOf } from './cell.ts';
import { records } from './readers/csv.ts';
import { type ShapedSamples, TableSamples } from './table-samples.ts';

/** One line of a file of labels. */
interface GivenLabel {
  /** `labels.csv, line 3`. */
  readonly place: string;
  /** Of the sample in its data, from 0; see {@link Origin}. */
  readonly index: number;
  readonly label: number;
  /** The label that the sample had when the file was written. */
  readonly was?: number;
}

/** Samples to train on, and samples to test on. */
export interface SplitSamples {
  readonly train: ShapedSamples;
  readonly test: ShapedSamples;
}

/**
 * The same samples with the labels of a file: CSV with the columns `index` and `label`, and `was` if it is known what the
 * label was. Indices are those of the data before it was split, so that a file fits whatever the seed of the split.
 *
 * @example
 * ```ts
 * const data = await ownData('people.csv', { target: 'bought' });
 * const { train, test, note } = await withLabels('labels.csv', data);
 * console.log(note, train.length, test.length);
 * ```
 *
 * @returns the parts, and a sentence that says what was changed.
 * @throws UnequalError naming the line of an index or a class that there is not, or that comes twice, or where a sample
 *   has not the label that it had when the file was written.
 */
export async function withLabels(file: string, parts: SplitSamples): Promise<SplitSamples & { readonly note: string }> {
  const { train, test } = parts;
  if (train.labels === undefined || train.classNames === undefined) {
    throw fault({
      wrong: `${file} cannot be used`,
      got: `${train.name}, whose targets are numbers`,
      expected: 'samples with classes',
    });
  }
  const given = await readLabels(file, train.classNames, originOf(train).length);
  // Parts of the same data have its indices in common; else they are those of the training samples.
  const together = originOf(train).of === originOf(test).of;
  const found = [train, ...(together ? [test] : [])].map((part) => changesOf(part, given));
  let changed = 0;
  for (const { place, index, label, was } of given.values()) {
    const labels = found.flatMap(({ labels }) => [...(labels.get(index) ?? [])]);
    if (labels.length === 0) {
      throw fault({ wrong: `${place} is of no sample`, got: `index ${index}`, expected: 'a sample with a target' });
    }
    for (const now of labels) {
      if (was === undefined || was === now || label === now) continue;
      throw fault({
        wrong: `${place} is of other data`,
        got: `sample ${index} with the label '${train.classNames[now]}'`,
        expected: `'${train.classNames[was]}', as when it was written`,
      });
    }
    if (labels.some((now) => now !== label)) changed++;
  }
  const [forTrain, forTest = new Map()] = found.map(({ changes }) => changes);
  const note = `labels: ${given.size} in ${file}, ${changed} of them other than in the data`;
  return { train: changedSamples(train, forTrain), test: changedSamples(test, forTest), note };
}

/** What the lines change in a part, and the labels that each index has there: a sample may be there several times. */
function changesOf(samples: ShapedSamples, given: ReadonlyMap<number, GivenLabel>) {
  const changes = new Map<number, number>();
  const labels = new Map<number, Set<number>>();
  for (let i = 0; i < samples.length; i++) {
    const line = given.get(placeOf(samples, i));
    if (line === undefined || samples.labels === undefined) continue;
    changes.set(i, line.label);
    labels.set(line.index, (labels.get(line.index) ?? new Set()).add(samples.labels[i]));
  }
  return { changes, labels };
}

function changedSamples(samples: ShapedSamples, changes: ReadonlyMap<number, number>): ShapedSamples {
  if (changes.size === 0) return samples;
  if (samples instanceof TableSamples) return samples.relabelled(changes);
  if (isLabelled(samples)) return relabelled(samples, changes);
  throw fault({ wrong: `${samples.name} has no labels to change` });
}

/** The lines of the file by their index. */
async function readLabels(
  file: string,
  classNames: readonly string[],
  length: number,
): Promise<ReadonlyMap<number, GivenLabel>> {
  const given = new Map<number, GivenLabel>();
  const classes = new Map(classNames.map((name, label) => [name, label]));
  let columns:
    | { readonly index: number; readonly label: number; readonly was: number; readonly all: number }
    | undefined;
  for await (const { cells, line } of records(file, ',')) {
    const place = `${basename(file)}, line ${line}`;
    if (columns === undefined) {
      const [index, label, was] = ['index', 'label', 'was'].map((name) => cells.indexOf(name));
      if (index < 0 || label < 0) {
        throw fault({
          wrong: `${place} does not name the columns`,
          got: cells,
          expected: 'index,label or index,label,was',
        });
      }
      columns = { index, label, was, all: cells.length };
      continue;
    }
    if (cells.length !== columns.all) {
      throw fault({ wrong: `${place} is broken`, got: counted(cells.length, 'cell'), expected: `${columns.all}` });
    }
    const text = cells[columns.index].trim();
    const index = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (!(index < length)) {
      throw fault({ wrong: `${place} has no index of a sample`, got: `'${text}'`, expected: `0 to ${length - 1}` });
    }
    const twice = given.get(index);
    if (twice !== undefined) {
      throw fault({
        wrong: `${place} has an index for the second time`,
        got: index,
        expected: `it once; see ${twice.place}`,
      });
    }
    const classOf = (name: string) => {
      const label = classes.get(name) ?? classes.get(nameOf(name));
      if (label === undefined) throw unknownName(`class in ${place}`, name, classNames);
      return label;
    };
    const was = columns.was < 0 || cells[columns.was] === '' ? undefined : classOf(cells[columns.was]);
    given.set(index, { place, index, label: classOf(cells[columns.label]), was });
  }
  if (columns === undefined) throw fault({ wrong: `${file} is empty`, expected: 'a line index,label' });
  return given;
}
