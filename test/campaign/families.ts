import { calls } from './calls.ts';
import { damaged, foreign, forged } from './checkpoints.ts';
import { cluster } from './cluster.ts';
import { diskFull } from './disk-full.ts';
import type { Family } from './family.ts';
import { kills } from './kills.ts';
import { modelFiles } from './model-files.ts';
import { runFolders } from './run-folders.ts';

/** All that is tried. Those of the readers of data go here too. */
export const families: readonly Family[] = [
  kills,
  diskFull,
  damaged,
  forged,
  foreign,
  modelFiles,
  runFolders,
  calls,
  cluster,
];
