import * as tf from '@tensorflow/tfjs';

/** Where lines are written; a terminal has its line written over. */
export interface Screen {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** Milliseconds between two looks at the bar. */
const pause = 100;
const bar = 24;

/**
 * One line an epoch, as people know it from Keras: on a terminal with a bar that fills while the epoch is trained.
 *
 * `Epoch 3/10 ━━━━━━━━━━━━━━━━━━━━━━━━ 120/120 2.1 s - loss: 0.3120 - acc: 0.9031 - val_loss: 0.2871`
 */
export class ProgressLine extends tf.Callback {
  private started = 0;
  private drawn = 0;
  private batches = 0;
  private epoch = 0;

  /**
   * @param epochs how many there are in all; infinite where time ends the run.
   * @param steps of an epoch, where that is known.
   */
  constructor(
    private readonly screen: Screen,
    private readonly epochs: number,
    private readonly steps: number | undefined,
    private readonly now: () => number = () => performance.now(),
  ) {
    super();
  }

  override async onEpochBegin(epoch: number): Promise<void> {
    this.epoch = epoch;
    this.started = this.now();
    this.drawn = this.started;
    this.batches = 0;
  }

  override async onBatchEnd(_: number, logs?: tf.Logs): Promise<void> {
    this.batches++;
    if (!this.screen.isTTY || this.now() - this.drawn < pause) return;
    this.drawn = this.now();
    const { batch: _batch, size: _size, ...shown } = logs as { [name: string]: number };
    this.screen.write(`\r\u001b[2K${this.line(shown).slice(0, (this.screen.columns ?? 80) - 1)}`);
  }

  override async onEpochEnd(_: number, logs?: tf.Logs): Promise<void> {
    const { isTTY } = this.screen;
    this.screen.write(`${isTTY ? '\r\u001b[2K' : ''}${this.line(ordered(logs as { [name: string]: number }))}\n`);
  }

  private line(logs: { readonly [name: string]: number }): string {
    const { steps, batches, epochs } = this;
    const of = Number.isFinite(epochs) ? `/${epochs}` : '';
    const full = steps === undefined ? 0 : Math.min(bar, Math.round((bar * batches) / steps));
    const drawn = this.screen.isTTY && steps !== undefined ? ` ${'━'.repeat(full)}${'─'.repeat(bar - full)}` : '';
    const seconds = ((this.now() - this.started) / 1000).toFixed(1);
    const values = Object.entries(logs).map(([name, value]) => ` - ${name}: ${shown(value)}`);
    return `Epoch ${this.epoch + 1}${of}${drawn} ${batches}${steps === undefined ? '' : `/${steps}`} ${seconds} s${values.join('')}`;
  }
}

/** Training first, then validation. */
function ordered(logs: { readonly [name: string]: number }): { [name: string]: number } {
  const entries = Object.entries(logs);
  const isValidation = ([name]: [string, number]) => name.startsWith('val_');
  return Object.fromEntries([...entries.filter((one) => !isValidation(one)), ...entries.filter(isValidation)]);
}

const shown = (value: number): string =>
  value !== 0 && (Math.abs(value) < 1e-3 || Math.abs(value) >= 1e5) ? value.toExponential(3) : value.toFixed(4);

/** The progress line that `verbose` asks for, in Node: 1 with a bar on a terminal, 2 a plain line, nothing where it is not given. */
export function progressLine(verbose: 0 | 1 | 2 | undefined, epochs: number, steps?: number): ProgressLine[] {
  if (!verbose || typeof process === 'undefined' || process.stdout === undefined) return [];
  const screen: Screen = verbose >= 2 ? { write: (text) => process.stdout.write(text) } : process.stdout;
  return [new ProgressLine(screen, epochs, steps)];
}

/** Keeps TensorFlow.js from greeting whoever runs its `cpu` backend in Node for the first time. */
export function silenceGreeting(): void {
  const backend = tf.backend() as { firstUse?: boolean };
  if (backend.firstUse === true) backend.firstUse = false;
}
