import { createRequire } from 'node:module';
import { arch, availableParallelism, cpus, platform } from 'node:os';
import * as tf from '@tensorflow/tfjs';
import { version } from '../../package.json';
import { printable } from '../printable.ts';
import type { RunConfig } from '../report/record.ts';

/** What the numbers of a run were measured on. */
export function machine(): Pick<RunConfig, 'machine' | 'versions'> {
  const processors = cpus();
  return {
    machine: {
      cpu: processors[0]?.model.trim() || 'unknown processor',
      cores: processors.length,
      threads: availableParallelism(),
      system: `${platform()} ${arch()}`,
    },
    versions: {
      unequal: version,
      node: process.versions.node,
      'TensorFlow.js': tf.version.tfjs,
      ...onnxRuntime(),
    },
  };
}

function onnxRuntime(): { readonly [name: string]: string } {
  try {
    const { version } = createRequire(import.meta.url)('onnxruntime-node/package.json') as { version: string };
    return { 'ONNX Runtime': version };
  } catch {
    return {};
  }
}

/** A command line that the shell reads as these arguments. */
export function commandLine(argv: readonly string[]): string {
  return ['unequal', ...argv].map(quoted).join(' ');
}

/** A word that the shell reads as this text. */
export function quoted(word: string): string {
  if (/^[\w@%+=:,./-]+$/.test(word)) return word;
  if (printable(word) === word) return `'${word.replaceAll("'", "'\\''")}'`;
  // Bash and zsh read these escapes, and a terminal obeys none of them.
  return `$'${printable(word.replace(/[\\']/g, '\\$&'))}'`;
}
