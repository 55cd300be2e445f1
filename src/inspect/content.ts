import { placeOf } from '../data/labelled.ts';
import { type ShapedSamples, TableSamples } from '../data/own/table-samples.ts';
import { areImages, isLabelled } from '../data/subset.ts';
import { imageEvent } from '../report/images.ts';
import type { ImageEvent } from '../report/record.ts';

/** What a person sees of one sample. */
export interface Content {
  /** Its place in the data, from 0: what a file of labels calls it by. */
  readonly place: number;
  /** The file or the line it was made of. */
  readonly from?: string;
  readonly picture?: ImageEvent;
  readonly text?: string;
  readonly cells?: readonly (readonly [column: string, text: string])[];
}

/** Characters of a text, and cells of a row, that are shown. */
const [longest, mostCells] = [600, 40];

/** What is to be seen of samples: their pictures, texts or rows. */
export async function contentOf(samples: ShapedSamples, indices: readonly number[]): Promise<Content[]> {
  const pictured = isLabelled(samples) && areImages(samples) ? samples : undefined;
  const rows = pictured === undefined && samples instanceof TableSamples ? await samples.fileRows(indices) : [];
  const contents: Content[] = [];
  for (const [k, index] of indices.entries()) {
    contents.push({
      place: placeOf(samples, index),
      from: samples.file?.(index) ?? rows[k]?.place,
      picture: pictured && (await imageEvent(pictured, index)),
      text: shortened(samples.text?.(index)),
      cells: rows[k]?.cells.slice(0, mostCells).map(([column, text]) => [column, shortened(text) ?? '']),
    });
  }
  return contents;
}

function shortened(text: string | undefined): string | undefined {
  return text !== undefined && text.length > longest ? `${text.slice(0, longest)} …` : text;
}
