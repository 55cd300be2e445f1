import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fault } from '../errors.ts';
import { counted } from '../plural.ts';
import { HashedText } from './hashed-text.ts';
import type { Splits } from './labelled.ts';
import { readText } from './regular-file.ts';

export interface SpamOptions {
  /** How many columns words are hashed to. Default 2,048. */
  readonly columns?: number;
}

/** The folders of the corpus, their class, and how many messages each holds. */
const FOLDERS = [
  { folder: 'easy-ham-1', label: 0, messages: 2500 },
  { folder: 'easy-ham-2', label: 0, messages: 1400 },
  { folder: 'hard-ham-1', label: 0, messages: 250 },
  { folder: 'spam-1', label: 1, messages: 500 },
  { folder: 'spam-2', label: 1, messages: 1396 },
] as const;

/** Of every folder, the messages number 5, 10, 15, … are tested. */
const TESTED = 5;
const AT_ONCE = 32;
/** Bytes of one message. */
const LONGEST = 2 ** 24;
const MOST_COLUMNS = 2 ** 24;

/**
 * Reads the SpamAssassin corpus as hashed bags of words, class 0 ham and 1 spam: 4,837 messages to train on and 1,209 to
 * test. Only subject and body are read: the other headers tell where and when a message was collected, and so its class.
 *
 * @throws UnequalError with the folder or file that is not what it should be.
 */
export async function readSpamAssassin(
  folder: string,
  { columns = 2048 }: SpamOptions = {},
): Promise<Splits<HashedText>> {
  if (!(Number.isInteger(columns) && columns > 0 && columns <= MOST_COLUMNS)) {
    throw fault({
      wrong: 'Words cannot be hashed',
      got: counted(columns, 'column'),
      expected: `a whole number from 1 to ${MOST_COLUMNS}`,
    });
  }
  const parts = { train: part(), test: part() };
  for (const { folder: name, label, messages } of FOLDERS) {
    const texts = await readMessages(join(folder, name), messages);
    for (const [i, text] of texts.entries()) {
      const { texts, labels } = (i + 1) % TESTED === 0 ? parts.test : parts.train;
      texts.push(text);
      labels.push(label);
    }
  }
  const make = (name: 'train' | 'test', idf?: Float64Array) =>
    new HashedText({
      name: `spam-assassin ${name}`,
      texts: parts[name].texts,
      labels: Uint8Array.from(parts[name].labels),
      classNames: ['ham', 'spam'],
      columns,
      idf,
    });
  const train = make('train');
  return { train, test: make('test', train.idf) };
}

const part = () => ({ texts: [] as string[], labels: [] as number[] });

async function readMessages(folder: string, count: number): Promise<string[]> {
  const files = await readdir(folder).catch((cause: Error) => {
    throw fault({ wrong: `${folder} cannot be read`, got: cause.message, expected: `${count} messages`, cause });
  });
  const names = files.filter((file) => file.endsWith('.txt')).sort();
  if (names.length !== count) {
    throw fault({ wrong: `${folder} is not complete`, got: `${names.length} messages`, expected: `${count}` });
  }
  const texts = new Array<string>(count);
  let next = 0;
  const worker = async () => {
    while (next < count) {
      const k = next++;
      const file = join(folder, names[k]);
      const message = await readText(file, LONGEST);
      if (!/^\S+:?\s/.test(message)) {
        throw fault({
          wrong: `${file} is no message`,
          got: counted(message.length, 'character'),
          expected: 'its headers',
        });
      }
      texts[k] = subjectAndBody(message);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return texts;
}

/** What a reader sees of a message in the format of RFC 822, with the soft line breaks of quoted-printable undone. */
export function subjectAndBody(message: string): string {
  const lines = message.replaceAll('\r\n', '\n');
  const end = lines.indexOf('\n\n');
  const [head, body] = end < 0 ? [lines, ''] : [lines.slice(0, end), lines.slice(end + 2)];
  const subject = /^subject:(.*(?:\n[ \t].*)*)/im.exec(head)?.[1] ?? '';
  return `${subject.trim()}\n${body.replaceAll('=\n', '')}`;
}
