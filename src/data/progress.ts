/** How far a long piece of work on a data set has come. */
export interface Progress {
  readonly phase: 'download' | 'check' | 'unpack' | 'convert' | 'wait';
  /** What is worked on (a file or an address) or waited for. */
  readonly item: string;
  /** Bytes, files or records done. */
  readonly done: number;
  /** How many there are, where known. */
  readonly total?: number;
}

/** Is told how far a download or another long piece of work has come. */
export type OnProgress = (progress: Progress) => void;
