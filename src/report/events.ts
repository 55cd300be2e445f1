import type { Measured } from '../methods/measured.ts';

/** What `config.json` of a run folder holds: all that is needed to repeat the run and to read its numbers. */
export interface RunConfig {
  readonly kind: 'race' | 'train';
  readonly title: string;
  /** The command line that repeats the run. */
  readonly command: string;
  /** When it was started, ISO 8601. */
  readonly started: string;
  /** The seed, or the first of them. */
  readonly seed: number;
  /** What is said in its place where nothing was drawn by it. */
  readonly seedNote?: string;
  /** All seeds, if the run was repeated with several. */
  readonly seeds?: readonly number[];
  readonly seconds?: number;
  readonly epochs?: number;
  readonly batchSize: number;
  readonly optimizer: string;
  readonly learningRate: number;
  /** Where the learning rate comes from, in words. */
  readonly learningRateNote?: string;
  readonly schedule?: string;
  readonly model: { readonly name: string; readonly parameters: number };
  readonly data: {
    readonly name: string;
    readonly title?: string;
    readonly train: number;
    readonly test: number;
    /** What the samples that none was trained on are called; default test. */
    readonly heldOut?: 'test' | 'validation';
    /** What an error is a share of, and how many of it a sample has, where that is not samples. */
    readonly answers?: { readonly kind: string; readonly each?: number };
    readonly classes?: number;
    readonly standsFor?: string;
    /**
     * The target of a regression, where it was scaled to mean 0 and deviation 1; and its deviation before, where a loss is
     * a mean squared error, whose root times that is in the target's own unit.
     */
    readonly scaled?: { readonly target: string; readonly deviation?: number };
  };
  /** Options of each method by its name, complete. */
  readonly methods: { readonly [method: string]: { readonly [option: string]: unknown } };
  readonly machine: {
    readonly cpu: string;
    readonly cores: number;
    /** Threads of an operation. */
    readonly threads: number;
    readonly system: string;
  };
  readonly versions: { readonly [software: string]: string };
  readonly engine: string;
  /** What training loss the points hold. */
  readonly trainLoss: string;
  /** Whatever else must be known to read the numbers, by its title. */
  readonly notes?: { readonly [title: string]: string };
  /** Whatever else the command needs to resume the run. */
  readonly arguments?: { readonly [argument: string]: unknown };
}

/**
 * A line of `metrics.ndjson`. All but `image` and `end` are of one method; `seconds` are those of its own clock. `seed`
 * is there where a run was repeated with several; an image is of the first.
 */
export type RunEvent =
  | PointEvent
  | StepEvent
  | SwitchEvent
  | ScoresEvent
  | PickedEvent
  | ImageEvent
  | ResultEvent
  | End;

interface OfMethod {
  readonly seed?: number;
  readonly method: string;
  readonly seconds: number;
  readonly step: number;
}

/** The model was evaluated. */
export interface PointEvent extends OfMethod {
  readonly type: 'point';
  readonly epoch: number;
  readonly trainLoss?: number;
  readonly testLoss?: number;
  readonly testError?: number;
}

/** Some steps: what the sampler said last, and means over all since the event before. */
export interface StepEvent
  extends OfMethod,
    Pick<Measured, 'ess' | 'tau' | 'threshold' | 'gain' | 'worth' | 'cost' | 'against' | 'noiseShare'> {
  readonly type: 'step';
  readonly epoch: number;
  /** Mean over the steps. */
  readonly loss: number;
  /** Share of the steps that were trained by importance. */
  readonly importance: number;
  readonly learningRate: number;
  readonly forward: number;
  readonly backward: number;
}

/** A method was switched on or off. */
export interface SwitchEvent extends OfMethod {
  readonly type: 'switch';
  readonly on: boolean;
  readonly why: string;
}

/** The latest scores of a presample. */
export interface ScoresEvent extends OfMethod {
  readonly type: 'scores';
  readonly scores: readonly number[];
}

/** The samples trained on most often so far, the most picked first. */
export interface PickedEvent extends OfMethod {
  readonly type: 'picked';
  readonly picked: readonly { readonly index: number; readonly times: number }[];
}

/** A training image that was among the most picked; once for each. */
export interface ImageEvent {
  readonly type: 'image';
  readonly index: number;
  readonly label: string;
  readonly width: number;
  readonly height: number;
  /** Base64. */
  readonly png: string;
}

/** A method has come to its end. */
export interface ResultEvent extends OfMethod {
  readonly type: 'result';
  readonly importanceShare: number;
  readonly forward: number;
  readonly backward: number;
  /** Why it was trained as it was, a line for each thing. */
  readonly explanation?: readonly string[];
  /** What became of its samples, where that is known. */
  readonly samples?: SampleFindings;
  /** Why it ended before its time. */
  readonly failed?: string;
}

/** The samples worth a look after a run. */
export interface SampleFindings {
  /** The likeliest wrong labels, the likeliest first; of a classifier. */
  readonly suspects: readonly {
    readonly index: number;
    readonly label: string;
    readonly suggested: string;
    readonly confidence: number;
  }[];
  /** Those trained on most often, the most often first. */
  readonly drawn: readonly {
    readonly index: number;
    readonly label?: string;
    readonly times: number;
    readonly meanLoss: number;
  }[];
}

/** The run, or its part with this seed, has come to its end, or was stopped by the user. */
export interface End {
  readonly type: 'end';
  readonly seed?: number;
  readonly reason: 'done' | 'stopped';
}
