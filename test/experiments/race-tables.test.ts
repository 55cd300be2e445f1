import { expect, it } from 'vitest';
import type { RaceResult, RaceSetting } from '../../src/experiments/race-experiment.ts';
import { presentRace } from '../../src/experiments/race-tables.ts';
import { importance } from '../../src/methods/importance/importance.ts';
import { lossSampling } from '../../src/methods/importance/loss-sampling.ts';
import { uniform } from '../../src/methods/uniform.ts';

const setting: RaceSetting = {
  ...{ name: 'digits', title: 'digits', batchSize: 8, optimizer: 'SGD', rate: 0.1 },
  methods: () => [uniform(), importance(), lossSampling()],
  load: () => Promise.reject(new Error('nothing is trained here')),
};

const curve = (method: string, testError: number): RaceResult['curves'][number] => ({
  ...{ method, engine: 'eager', steps: 10, importanceShare: 0, forward: 80, backward: 80, switches: [] },
  points: [0, 1].map((seconds) => ({
    seconds,
    step: 10 * seconds,
    epoch: seconds,
    trainLoss: 1 - seconds / 2,
    testError,
  })),
});

it('says of whose errors there is no ratio, and why', () => {
  const curves = [curve('uniform', 0.1), curve('importance', 0), curve('lossSampling', 0.05)];
  const sizes = { train: 80, trainPart: 80, test: 20, parameters: 5 };
  const result = { setting: 'digits', seed: 1, factor: 1, ...sizes, curves };
  const [table] = presentRace([setting], [result], { seconds: 1, seeds: 1 }).tables;
  expect(table.note).toContain('No ratio of errors for importance: one of the errors is 0 or no number.');
  const ratios = { ...result, curves: [curve('uniform', 0.1), curve('importance', 0.2), curve('lossSampling', 0.05)] };
  expect(presentRace([setting], [ratios], { seconds: 1, seeds: 1 }).tables[0].note).not.toContain('No ratio');
});
