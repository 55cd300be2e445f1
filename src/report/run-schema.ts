import type { RunConfig, RunEvent } from './events.ts';
import {
  amount,
  anything,
  fields,
  list,
  Mismatch,
  named,
  number,
  oneOf,
  optional,
  type Schema,
  text,
  truth,
} from './schema.ts';

const ofMethod = { seed: optional(number), method: text, seconds: amount, step: amount };

/** What each line of `metrics.ndjson` holds, by its type. */
const events: { readonly [T in RunEvent['type']]: Schema<Omit<Extract<RunEvent, { type: T }>, 'type'>> } = {
  point: fields({
    ...ofMethod,
    epoch: amount,
    trainLoss: optional(number),
    testLoss: optional(number),
    testError: optional(number),
  }),
  step: fields({
    ...ofMethod,
    epoch: amount,
    loss: number,
    importance: number,
    ess: optional(number),
    tau: optional(number),
    threshold: optional(number),
    gain: optional(number),
    worth: optional(number),
    cost: optional(number),
    against: optional(oneOf('worth', 'resists', 'unknown', 'memorised', 'signed')),
    noiseShare: optional(number),
    learningRate: number,
    forward: amount,
    backward: amount,
  }),
  switch: fields({ ...ofMethod, on: truth, why: text }),
  scores: fields({ ...ofMethod, scores: list(number) }),
  picked: fields({ ...ofMethod, picked: list(fields({ index: amount, times: amount })) }),
  image: fields({ index: amount, label: text, width: amount, height: amount, png: text }),
  result: fields({
    ...ofMethod,
    importanceShare: number,
    forward: amount,
    backward: amount,
    explanation: optional(list(text)),
    samples: optional(
      fields({
        suspects: list(fields({ index: amount, label: text, suggested: text, confidence: number })),
        drawn: list(fields({ index: amount, label: optional(text), times: amount, meanLoss: number })),
      }),
    ),
    failed: optional(text),
  }),
  end: fields({ seed: optional(number), reason: oneOf('done', 'stopped') }),
};

const kind = fields({ type: text });

/** An event as it was parsed. @throws Mismatch that says what is wrong with it. */
export function toEvent(value: unknown): RunEvent {
  const { type } = kind(value, '');
  if (!Object.hasOwn(events, type)) throw new Mismatch(`no event is of the type ${JSON.stringify(type.slice(0, 40))}`);
  return events[type as RunEvent['type']](value, '') as RunEvent;
}

const config = fields({
  kind: oneOf('race', 'train'),
  title: text,
  command: text,
  started: text,
  seed: number,
  seedNote: optional(text),
  seeds: optional(list(number)),
  seconds: optional(amount),
  epochs: optional(amount),
  batchSize: number,
  optimizer: text,
  learningRate: number,
  learningRateNote: optional(text),
  schedule: optional(text),
  model: fields({ name: text, parameters: number }),
  data: fields({
    name: text,
    title: optional(text),
    train: number,
    test: number,
    heldOut: optional(oneOf('test', 'validation')),
    answers: optional(fields({ kind: text, each: optional(number) })),
    classes: optional(number),
    standsFor: optional(text),
    scaled: optional(fields({ target: text, deviation: optional(amount) })),
  }),
  methods: named(named(anything)),
  machine: fields({ cpu: text, cores: number, threads: number, system: text }),
  versions: named(text),
  engine: text,
  trainLoss: text,
  notes: optional(named(text)),
  arguments: optional(named(anything)),
});

/** `config.json` as it was parsed. @throws Mismatch that says what is wrong with it. */
export function toConfig(value: unknown): RunConfig {
  return config(value, '');
}
