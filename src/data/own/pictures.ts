import { greatest } from '../../extent.ts';
import { decodeBytes, formatOf } from '../decode-image.ts';
import { loadSharp } from '../sharp.ts';
import type { Cell } from './cell.ts';
import type { OwnDataOptions } from './options.ts';
import type { PictureShape } from './preparation.ts';
import { Broken, type Table } from './table.ts';

/** Rows that are looked at for columns of pictures. */
const LOOKED_AT = 32;
const LARGEST_OWN = 96;
const DEFAULT_SIDE = 64;

/** The size that pictures in the cells of a table are made to; `undefined` where it has none. */
export async function pictureShape(
  table: Table,
  { size, channels }: Pick<OwnDataOptions, 'size' | 'channels'>,
): Promise<PictureShape | undefined> {
  const seen = new Set<string>();
  let [own, gray, rows]: [readonly [number, number], boolean, number] = [[DEFAULT_SIDE, DEFAULT_SIDE], true, 0];
  for await (const { cells } of table.rows(new Broken(true))) {
    for (const cell of cells) {
      if (!isPicture(cell)) continue;
      const known = await (await loadSharp())(cell)
        .metadata()
        .catch(() => undefined);
      if (known === undefined) continue;
      own = [known.autoOrient.height, known.autoOrient.width];
      seen.add(own.join());
      gray &&= known.channels <= 2 || known.space === 'b-w';
    }
    if (++rows === LOOKED_AT) break;
  }
  if (seen.size === 0) return undefined;
  const [height, width] =
    size ?? (seen.size === 1 && greatest(own) <= LARGEST_OWN ? own : [DEFAULT_SIDE, DEFAULT_SIDE]);
  return { height, width, channels: channels ?? (gray ? 1 : 3) };
}

/** The same table with its pictures decoded: bytes of `[height, width, channels]`. */
export function withPictures(table: Table, shape: PictureShape | undefined): Table {
  if (shape === undefined) return table;
  return {
    ...table,
    async *rows(broken) {
      for await (const { cells, place } of table.rows(broken)) {
        const decoded: Cell[] = [];
        try {
          for (const cell of cells) decoded.push(isPicture(cell) ? await picture(cell, place, shape) : cell);
        } catch (error) {
          broken.report(place, (error as Error).message);
          continue;
        }
        yield { cells: decoded, place };
      }
    },
  };
}

function isPicture(cell: Cell): cell is Uint8Array {
  return cell instanceof Uint8Array && formatOf(Buffer.from(cell.buffer, cell.byteOffset, cell.length)) !== undefined;
}

async function picture(cell: Uint8Array, place: string, shape: PictureShape): Promise<Cell> {
  const bytes = Buffer.from(cell.buffer, cell.byteOffset, cell.length);
  const { height, width, channels } = shape;
  return { data: await decodeBytes(place, bytes, shape), shape: [height, width, channels], bytes: true };
}
