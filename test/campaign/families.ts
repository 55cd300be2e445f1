import { calls } from './calls.ts';
import { damaged, decoder, foreign, forged } from './checkpoints.ts';
import { cluster } from './cluster.ts';
import { diskFull } from './disk-full.ts';
import type { Family } from './family.ts';
import { kills } from './kills.ts';
import { large } from './large.ts';
import { modelFiles } from './model-files.ts';
import { readers } from './readers.ts';
import { runFolders } from './run-folders.ts';

/** All that is tried. */
export const families: readonly Family[] = [
  ...[kills, diskFull, damaged, forged, foreign, decoder, modelFiles, runFolders, calls, cluster],
  ...readers,
  large,
];
