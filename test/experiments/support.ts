import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import type { Experiment } from '../../src/experiments/experiment.ts';
import { type ExperimentConfig, type ExperimentRun, runExperiment } from '../../src/experiments/run.ts';

const root = mkdtempSync(join(tmpdir(), 'unequal-experiment-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

export const folderOf = (name: string) => join(root, name);

export function configOf(experiment: Experiment, config: Partial<ExperimentConfig> = {}): ExperimentConfig {
  return {
    experiment: experiment.name,
    scale: 'small',
    budget: 1,
    seeds: [1],
    command: `unequal experiment ${experiment.name}`,
    started: '2026-01-31T12:00:00.000Z',
    machine: { cpu: 'a processor', cores: 2, threads: 2, system: 'linux x64' },
    versions: {},
    ...config,
  };
}

/** Runs an experiment with a small budget into a folder of this test. */
export function tryExperiment(
  experiment: Experiment,
  config: Partial<ExperimentConfig>,
  signal = new AbortController().signal,
  folder = folderOf(experiment.name),
): Promise<ExperimentRun> {
  return runExperiment(experiment, folder, configOf(experiment, config), { signal, say: () => {} });
}
