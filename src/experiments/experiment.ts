import type { Figure } from '../report/index.ts';

export type Scale = 'small' | 'paper';

/** What a run of an experiment is asked for. */
export interface Settings {
  readonly scale: Scale;
  /** Seconds or steps of each training, whichever the experiment counts. */
  readonly budget: number;
  readonly seeds: readonly number[];
  /** Samples that are looked at, where an experiment looks at a fixed number; it has a default of its own. */
  readonly samples?: number;
}

/** A piece that is run and recorded by itself, so that an interrupted experiment goes on where it was. */
export interface Part {
  readonly key: string;
  readonly seed: number;
  /** The setting it belongs to, where an experiment has several: what `--only` names. */
  readonly setting?: string;
}

export interface PartContext {
  readonly signal: AbortSignal;
  /** A line of progress. */
  readonly say: (line: string) => void;
}

/** A table as words: the terminal and the page show the same. */
export interface TextTable {
  readonly title: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
  readonly note?: string;
}

/** What an experiment has to say of the parts that are done. */
export interface Presentation {
  readonly summary: readonly string[];
  readonly tables: readonly TextTable[];
  readonly figures: readonly (Figure | undefined)[];
  /** Data, network, rates, protocol and stand-ins, a line each. */
  readonly setting: readonly string[];
}

/** One figure or table of the slides, as a command. `R`, what a part leaves, is plain JSON. */
export interface Experiment<R = unknown> {
  readonly name: string;
  readonly title: string;
  /** What it asks, and where in the slides. */
  readonly about: string;
  readonly budget: 'seconds' | 'steps';
  readonly defaults: { readonly [scale in Scale]: { readonly budget: number; readonly seeds: number } };
  parts(settings: Settings): readonly Part[];
  run(part: Part, settings: Settings, context: PartContext): Promise<R>;
  present(results: readonly { readonly part: Part; readonly result: R }[], settings: Settings): Presentation;
}
