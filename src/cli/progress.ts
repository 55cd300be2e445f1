import { clearScreenDown, moveCursor } from 'node:readline';
import { greatest, least } from '../extent.ts';
import { printable } from '../printable.ts';
import { count, many, number, shorten } from '../report/format.ts';
import type { Output } from './io.ts';

/** How far one method has come. */
export interface Standing {
  readonly name: string;
  /** Share of the budget, 0 to 1. */
  share: number;
  seconds: number;
  steps: number;
  /** Means of the training loss over stretches of the run, for the falling line. */
  losses: number[];
  tau?: number;
  threshold?: number;
  /** The variance gain, and what a step by importance is worth and costs in uniform steps. */
  gain?: number;
  worth?: number;
  cost?: number;
  /** Whether the last step was trained by importance. */
  on?: boolean;
  failed?: boolean;
}

/** What is shown of a run while it goes on. */
export interface Meter {
  /** Looks at the standings again; draws when it is time. */
  update(): void;
  /** Leaves the last picture, or the last lines. */
  end(): void;
}

const terminalInterval = 100;
const lineInterval = 5000;

/** A bar for each method on a terminal, a line for each every five seconds elsewhere, nothing if `quiet`. */
export function meter(out: Output, standings: readonly Standing[], quiet = false): Meter {
  if (quiet) return { update: () => {}, end: () => {} };
  return out.isTTY ? bars(out, standings) : lines(out, standings);
}

function bars(out: Output, standings: readonly Standing[]): Meter {
  const write = (codes: string) => (out.control ?? out.write).call(out, codes);
  const stream = { write } as unknown as NodeJS.WriteStream;
  let drawnAt = Number.NEGATIVE_INFINITY;
  let drawn = false;
  const draw = () => {
    if (drawn) {
      moveCursor(stream, 0, -standings.length);
      clearScreenDown(stream);
    }
    const width = standings.reduce((most, { name }) => Math.max(most, printable(name).length), 0);
    out.write(standings.map((standing) => `${barLine(standing, width, out.columns ?? 80)}\n`).join(''));
    drawn = true;
    drawnAt = performance.now();
  };
  return {
    update: () => {
      if (performance.now() - drawnAt >= terminalInterval) draw();
    },
    end: draw,
  };
}

function lines(out: Output, standings: readonly Standing[]): Meter {
  let at = performance.now();
  const draw = () => {
    for (const standing of standings) if (standing.steps > 0) out.write(`${plainLine(standing)}\n`);
    at = performance.now();
  };
  return {
    update: () => {
      if (performance.now() - at >= lineInterval) draw();
    },
    end: draw,
  };
}

/** Below this many columns the bar makes room for the numbers. */
const small = 60;
/** From this many columns on there is room for the falling line, and from more for what is weighed. */
const roomy = 100;
const wide = 120;
/** Columns of a narrow line that are not of the name. */
const numbersWidth = 68;

/** One line of the terminal, cut to its width. */
export function barLine(standing: Standing, nameWidth: number, columns: number): string {
  const { seconds, steps, losses, failed } = standing;
  const name = printable(standing.name);
  const share = Number.isFinite(standing.share) ? standing.share : 0;
  // Where a terminal is narrow, the falling line makes room for the numbers, and so does a long name.
  const line = columns < roomy ? '' : ` ${spark(losses, 12)}`;
  const cells = columns < small ? 4 : columns < roomy ? 8 : 14;
  const names = columns < roomy ? Math.min(nameWidth, Math.max(8, columns - numbersWidth)) : nameWidth;
  const filled = Math.round(cells * Math.min(1, Math.max(0, share)));
  const parts = [
    shorten(name, names).padEnd(names),
    '█'.repeat(filled) + '░'.repeat(cells - filled),
    `${seconds.toFixed(seconds < 9999.95 ? 1 : 0)} s`.padStart(7),
    `${(steps < 1e6 ? count(steps) : `${(steps / 1e6).toFixed(2)} M`).padStart(6)} steps`,
    failed ? 'failed' : `loss ${number(losses.at(-1)).padEnd(7)}${line}`,
    sampling(standing, columns >= wide),
  ];
  // What does not find room as a whole is left out: half a number is another number.
  const room = Math.max(10, columns - 1);
  const [first, ...others] = parts.filter((part) => part !== '');
  let text = first;
  for (const part of others) {
    const longer = `${text}  ${part}`;
    if ([...longer.trimEnd()].length > room) break;
    text = longer;
  }
  return [...text].slice(0, room).join('');
}

/** `12.0 s  importance: 702 steps, loss 0.0101, on, gain 1.53, worth 2.10 of 1.83`. */
export function plainLine(standing: Standing): string {
  const { seconds, steps, losses, failed } = standing;
  const name = printable(standing.name);
  const parts = [many(steps, 'step'), failed ? 'failed' : `loss ${number(losses.at(-1))}`, sampling(standing, true)];
  return `${seconds.toFixed(1)} s  ${name}: ${parts.filter((part) => part !== '').join(', ')}`;
}

/** On or off and by what: the gain, or τ where that is all there is; if `long` what there is beside it. */
function sampling({ tau, threshold, gain, worth, cost, on }: Standing, long: boolean): string {
  const state = on ? 'on' : 'off';
  const of = (value?: number, other?: number) =>
    value === undefined || other === undefined ? '' : ` of ${short(other)}`;
  if (gain === undefined) return tau === undefined ? '' : `${state}, τ ${short(tau)}${long ? of(tau, threshold) : ''}`;
  const weighed = worth === undefined || cost === undefined ? '' : `, worth ${short(worth)}${of(worth, cost)}`;
  return `${state}, gain ${short(gain)}${long ? weighed : ''}`;
}

/** In five characters at most, whatever a diverging training makes of it. */
function short(value: number): string {
  if (Number.isFinite(value) && Math.abs(value) >= 1000) return value > 0 ? '>999' : '<−999';
  return Math.abs(value) < 0.01 ? '0.00' : number(value, Math.abs(value) < 1 ? 2 : 3);
}

const blocks = '▁▂▃▄▅▆▇█';

/** The last `width` values as a line of blocks, on a logarithmic scale from the least to the greatest. */
export function spark(values: readonly number[], width: number): string {
  const logs = values.filter((value) => value > 0 && Number.isFinite(value)).map(Math.log);
  if (logs.length < 2) return '';
  const shown =
    logs.length <= width
      ? logs
      : Array.from({ length: width }, (_, k) => logs[Math.round((k * (logs.length - 1)) / (width - 1))]);
  const [low, high] = [least(shown), greatest(shown)];
  const height = (value: number) => (high === low ? 0 : (value - low) / (high - low));
  return shown.map((value) => blocks[Math.round(height(value) * (blocks.length - 1))]).join('');
}

/** Takes steps into a standing: a mean loss for each 60th of the budget. */
export class Tracker {
  private sum = 0;
  private size = 0;
  private stretch = 0;

  constructor(readonly standing: Standing) {}

  step({ loss, share, seconds, step, ...sampler }: TrackedStep): void {
    const { standing } = this;
    standing.share = share;
    standing.seconds = seconds;
    standing.steps = step + 1;
    standing.tau = sampler.tau;
    standing.threshold = sampler.threshold;
    standing.gain = sampler.gain;
    standing.worth = sampler.worth;
    standing.cost = sampler.cost;
    standing.on = sampler.phase === 'importance';
    const stretch = Math.floor(60 * share);
    if (stretch !== this.stretch || standing.losses.length === 0) {
      this.stretch = stretch;
      this.sum = 0;
      this.size = 0;
      standing.losses.push(loss);
    }
    this.sum += loss;
    this.size++;
    standing.losses[standing.losses.length - 1] = this.sum / this.size;
  }
}

interface TrackedStep {
  readonly loss: number;
  readonly share: number;
  readonly seconds: number;
  readonly step: number;
  readonly tau?: number;
  readonly threshold?: number;
  readonly gain?: number;
  readonly worth?: number;
  readonly cost?: number;
  readonly phase: string;
}

export function newStanding(name: string): Standing {
  return { name, share: 0, seconds: 0, steps: 0, losses: [] };
}
