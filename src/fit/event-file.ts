import { PbfWriter } from 'pbf';
import { framed } from '../data/own/readers/crc32c.ts';
import { fault } from '../errors.ts';
import { greatest, least } from '../extent.ts';
import { makeFolder } from '../whole-file.ts';
import { joined, png } from './png.ts';
import type { TensorBoardImage } from './tensor-board.ts';

// Not imported: a bundler for browsers would follow an import, though nobody loads this file there.
const { appendFile, writeFile } = process.getBuiltinModule('node:fs/promises');
const { hostname } = process.getBuiltinModule('node:os');
const { join } = process.getBuiltinModule('node:path');

/** Bars of a histogram. */
const bars = 30;
let made = 0;

/**
 * An event file of TensorBoard: framed records, each a message `Event`. Records are gathered and appended together.
 *
 * References: tensorflow/core/util/event.proto, tensorflow/core/framework/summary.proto.
 */
export class EventFile {
  private waiting: Uint8Array[] = [];

  private constructor(readonly path: string) {}

  /** @param step from which on its values hold: what other files of the folder have from there on is passed over. */
  static async create(dir: string, step: number): Promise<EventFile> {
    const host = hostname().replace(/[^\w-]/g, '') || 'host';
    const seconds = Math.floor(Date.now() / 1000);
    const name = `events.out.tfevents.${String(seconds).padStart(10, '0')}.${host}.${process.pid}.${made++}.v2`;
    const file = new EventFile(join(dir, name));
    try {
      await makeFolder(dir);
      await writeFile(file.path, '', { flag: 'wx' });
    } catch (cause) {
      throw fault({
        wrong: `${dir} cannot be written`,
        got: (cause as Error).message,
        mend: 'give tensorBoard another dir',
        cause,
      });
    }
    file.event(0, (event) => event.writeStringField(3, 'brain.Event:2'));
    // SessionLog { status = START }.
    if (step > 0)
      file.event(step, (event) => event.writeMessage(7, (_: null, log) => log.writeVarintField(1, 1), null));
    return file;
  }

  scalar(tag: string, value: number, step: number): void {
    this.value(tag, step, (one) => one.writeFloatField(2, value));
  }

  /** A histogram of what is finite. */
  histogram(tag: string, values: ArrayLike<number>, step: number): void {
    const known = Array.from(values).filter((value) => Number.isFinite(value));
    if (known.length === 0) return;
    const [low, high] = [least(known), greatest(known)];
    const width = (high - low) / bars || 1;
    const counts = new Array<number>(bars).fill(0);
    for (const value of known) counts[Math.min(bars - 1, Math.floor((value - low) / width))]++;
    const limits = counts.map((_, k) => (k === bars - 1 && high > low ? high : low + (k + 1) * width));
    this.value(tag, step, (one) =>
      one.writeMessage(
        5,
        (_: null, histo) => {
          histo.writeDoubleField(1, low);
          histo.writeDoubleField(2, high);
          histo.writeDoubleField(3, known.length);
          histo.writeDoubleField(
            4,
            known.reduce((sum, value) => sum + value, 0),
          );
          histo.writeDoubleField(
            5,
            known.reduce((sum, value) => sum + value * value, 0),
          );
          histo.writePackedDouble(6, limits);
          histo.writePackedDouble(7, counts);
        },
        null,
      ),
    );
  }

  image(tag: string, picture: TensorBoardImage, step: number): void {
    const encoded = png(picture);
    this.value(tag, step, (one) =>
      one.writeMessage(
        4,
        (_: null, image) => {
          image.writeVarintField(1, picture.height);
          image.writeVarintField(2, picture.width);
          image.writeVarintField(3, picture.channels);
          image.writeBytesField(4, encoded);
        },
        null,
      ),
    );
  }

  /** Appends what has been gathered. @throws UnequalError if there is no room for it. */
  async write(): Promise<void> {
    const bytes = joined(this.waiting);
    this.waiting = [];
    try {
      await appendFile(this.path, bytes);
    } catch (cause) {
      throw fault({ wrong: `${this.path} cannot be written`, got: (cause as Error).message, cause });
    }
  }

  /** Event { summary = 5 { value = 1 { tag = 1, … } } }. */
  private value(tag: string, step: number, content: (one: PbfWriter) => void): void {
    this.event(step, (event) =>
      event.writeMessage(
        5,
        (_: null, summary) =>
          summary.writeMessage(
            1,
            (__: null, one) => {
              one.writeStringField(1, tag);
              content(one);
            },
            null,
          ),
        null,
      ),
    );
  }

  /** Event { double wall_time = 1, int64 step = 2, … }. */
  private event(step: number, content: (event: PbfWriter) => void): void {
    const event = new PbfWriter();
    event.writeDoubleField(1, Date.now() / 1000);
    event.writeVarintField(2, step);
    content(event);
    this.waiting.push(framed(event.finish()));
  }
}
