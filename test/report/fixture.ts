import type { RunConfig, RunEvent } from '../../src/report/record.ts';

/** A race made by hand: uniform ends at a training loss of 0.02 and 2 % error, importance at half of the first. */
export const config: RunConfig = {
  kind: 'race',
  title: 'A race',
  command: 'unequal race --seconds 10',
  started: '2026-01-31T14:25:00.000Z',
  seed: 1,
  seconds: 10,
  batchSize: 64,
  optimizer: 'SGD with momentum 0.9',
  learningRate: 0.05,
  schedule: 'constant',
  model: { name: 'a network', parameters: 1234 },
  data: { name: 'mnist', title: 'MNIST', train: 60_000, test: 10_000, classes: 10 },
  methods: { uniform: {}, importance: { presample: 3, start: 'measured' } },
  machine: { cpu: 'a processor', cores: 2, threads: 2, system: 'linux x64' },
  versions: { unequal: '0.1.0', node: '20.19.0' },
  engine: 'compiled',
  trainLoss: 'mean loss over 2,000 training samples',
};

/** A smooth curve of eleven points that ends at `loss` and `error`. */
export function points(method: string, loss: number, error: number): RunEvent[] {
  return Array.from({ length: 11 }, (_, k) => ({
    type: 'point',
    method,
    seconds: k,
    step: 100 * k,
    epoch: k / 10,
    trainLoss: 2 * (loss / 2) ** (k / 10),
    testLoss: 1,
    testError: 0.9 * (error / 0.9) ** (k / 10),
  }));
}

export function steps(method: string, importance: boolean): RunEvent[] {
  return Array.from({ length: 100 }, (_, k) => ({
    type: 'step',
    method,
    seconds: (k + 1) / 10,
    step: 10 * k + 9,
    epoch: k / 100,
    loss: 1,
    importance: importance && k >= 50 ? 1 : 0,
    ess: importance && k >= 50 ? 0.3 : undefined,
    tau: importance ? 1 + k / 100 : undefined,
    threshold: importance ? 1.5 : undefined,
    gain: importance ? 1 + k / 50 : undefined,
    worth: importance ? 0.8 + k / 40 : undefined,
    cost: importance ? 2.05 : undefined,
    noiseShare: importance && k >= 5 ? 0.5 + k / 250 : undefined,
    learningRate: 0.05,
    forward: 640 * (k + 1),
    backward: 640 * (k + 1),
  }));
}

export const image: RunEvent = {
  type: 'image',
  index: 7,
  label: '3',
  width: 1,
  height: 1,
  png: 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
};

export const events: RunEvent[] = [
  ...points('uniform', 0.02, 0.02),
  ...points('importance', 0.01, 0.019),
  ...steps('uniform', false),
  ...steps('importance', true),
  {
    type: 'switch',
    method: 'importance',
    seconds: 5.1,
    step: 509,
    on: true,
    why: 'τ 1.51 exceeds 1.50, the threshold given',
  },
  {
    type: 'scores',
    method: 'importance',
    seconds: 10,
    step: 1000,
    scores: Array.from({ length: 192 }, (_, k) => k ** 3),
  },
  { type: 'picked', method: 'importance', seconds: 10, step: 1000, picked: [{ index: 7, times: 25 }] },
  image,
  {
    type: 'result',
    method: 'uniform',
    seconds: 10,
    step: 1000,
    importanceShare: 0,
    forward: 64_000,
    backward: 64_000,
    explanation: ['1,000 steps in 10.0 s: 1,000 uniform.'],
  },
  {
    type: 'result',
    method: 'importance',
    seconds: 10,
    step: 1000,
    importanceShare: 0.5,
    forward: 99_000,
    backward: 64_000,
    explanation: [
      '1,000 steps in 10.0 s: 500 uniform, 500 by importance.',
      'Step 509, 5.10 s: on. τ 1.51 exceeds 1.50, the threshold given.',
      'At the end: on, τ 1.99.',
      'By these estimates importance sampling gained 1.50 s of uniform training.',
    ],
  },
  { type: 'end', reason: 'done' },
];
