import * as tf from '@tensorflow/tfjs';
import { fault } from '../errors.ts';
import { loadPart } from '../load-part.ts';
import type { State } from '../methods/method.ts';
import { logNumbers } from './log-numbers.ts';
import { keepsItsRun } from './one-run.ts';

/**
 * Writes the logs of each epoch as a line of a CSV file, for `fit` and `model.fit`, in Node. The file is whole after each
 * epoch; a resumed run goes on with the lines of its checkpoint.
 *
 * @example
 * ```ts
 * await fit(model, x, y, { epochs: 10, callbacks: new CSVLogger('log.csv') });
 * ```
 */
export class CSVLogger extends tf.Callback {
  private columns: string[] | undefined;
  private lines: string[] = [];

  constructor(
    private readonly path: string,
    private readonly separator = ',',
  ) {
    super();
    keepsItsRun(this);
    if (typeof path !== 'string' || path === '') throw fault({ wrong: 'bad path', got: path, expected: 'a file' });
    this.separator ??= ',';
    if (typeof this.separator !== 'string' || !/^[^\d\r\n."]$/.test(this.separator)) {
      throw fault({ wrong: 'bad separator', got: separator, expected: 'one character: a comma, a semicolon, a tab' });
    }
  }

  override async onTrainBegin(): Promise<void> {
    this.columns = undefined;
    this.lines = [];
  }

  override async onEpochEnd(epoch: number, told?: tf.Logs): Promise<void> {
    const logs = await logNumbers(told);
    this.columns ??= Object.keys(logs);
    this.lines.push([epoch, ...this.columns.map((name) => String(logs[name] ?? ''))].join(this.separator));
    const head = ['epoch', ...this.columns].join(this.separator);
    const { writeWhole } = await loadPart(() => import('../whole-file.ts'));
    await writeWhole(this.path, `${[head, ...this.lines].join('\n')}\n`);
  }

  state(): State {
    return { columns: this.columns ?? null, lines: [...this.lines] };
  }

  restore(state: State): void {
    const { columns, lines } = state as unknown as { columns: string[] | null; lines: string[] };
    this.columns = columns ?? undefined;
    this.lines = [...lines];
  }
}
