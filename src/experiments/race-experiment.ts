import type * as tf from '@tensorflow/tfjs';
import { type Curve, type CurvePoint, type Method, race, type Samples } from '../index.ts';
import { number } from '../report/index.ts';
import type { Experiment, Scale } from './experiment.ts';
import { presentRace } from './race-tables.ts';

/** What a method ends at relative to uniform, as published. */
export interface Published {
  readonly trainLoss: number;
  readonly testError: number;
}

/** One data set with its network: a race of every method, once for each factor of the learning rate. */
export interface RaceSetting {
  readonly name: string;
  /** Data and network in words, stand-ins named as such. */
  readonly title: string;
  readonly batchSize: number;
  /** The optimizer in words, and its learning rate for factor 1. */
  readonly optimizer: string;
  readonly rate: number;
  readonly schedule?: { readonly says: string; readonly factor: (progress: number) => number };
  readonly methods: () => readonly Method[];
  /** Those that are run again with every further seed; all where absent. */
  readonly repeated?: readonly string[];
  /** Factors of the learning rate besides 1, and which methods are tried at them. */
  readonly rates?: { readonly factors: readonly number[]; readonly methods: readonly string[] };
  /**
   * Methods that are also given a part of the seconds, 1/divisor of them, with the schedule of that shorter run: how soon
   * is a method where uniform comes to in all of the time?
   */
  readonly sooner?: { readonly divisor: number; readonly methods: readonly string[] };
  /** By the method's name. */
  readonly paper?: { readonly [method: string]: Published };
  /** The training loss that uniform is meant to come to; it is said where it does not. */
  readonly regime?: number;
  /** What the test set's error is called, if it is not plainly the test error. */
  readonly testError?: string;
  readonly load: (seed: number) => Promise<RaceData>;
}

export interface RaceData {
  readonly train: Samples;
  readonly test: Samples;
  /** A fresh compiled model with the setting's optimizer. */
  readonly makeModel: () => tf.LayersModel | Promise<tf.LayersModel>;
  /** Points of a curve; default 12. */
  readonly points?: number;
  /** Training samples that are evaluated at each, at most all; default 2,000. */
  readonly trainPart?: number;
}

export interface RaceResult {
  readonly setting: string;
  readonly seed: number;
  readonly factor: number;
  /** Part of the seconds that these methods had: 1/divisor; absent for all. */
  readonly divisor?: number;
  readonly train: number;
  /** How many of them the training loss is of. */
  readonly trainPart: number;
  readonly test: number;
  readonly parameters: number;
  readonly curves: readonly SlimCurve[];
}

export interface SlimCurve
  extends Pick<Curve, 'method' | 'engine' | 'steps' | 'importanceShare' | 'forward' | 'backward' | 'failed'> {
  readonly points: readonly CurvePoint[];
  readonly switches: readonly { readonly seconds: number; readonly on: boolean; readonly why: string }[];
}

interface RaceExperimentOptions {
  readonly name: string;
  readonly title: string;
  readonly about: string;
  readonly defaults: Experiment['defaults'];
  readonly settings: (scale: Scale) => readonly RaceSetting[];
}

export interface RaceExperiment extends Experiment<RaceResult> {
  readonly settings: (scale: Scale) => readonly RaceSetting[];
}

/** An experiment that races methods at equal seconds. A part is one race: a setting, a seed and a factor of the rate. */
export function raceExperiment(options: RaceExperimentOptions): RaceExperiment {
  const { settings } = options;
  return {
    ...options,
    budget: 'seconds',

    parts: ({ scale, seeds }) =>
      seeds.flatMap((seed) =>
        settings(scale).flatMap((setting) =>
          turns(setting).map((turn) => ({ key: partKey(setting, turn, seed), seed, setting: setting.name })),
        ),
      ),

    async run({ key, seed }, { scale, budget, seeds }, { signal, say }) {
      const [setting, { factor, divisor }] = settings(scale)
        .flatMap((setting) => turns(setting).map((turn) => [setting, turn] as const))
        .find(([setting, turn]) => partKey(setting, turn, seed) === key) as readonly [RaceSetting, Turn];
      const { train, test, makeModel, points = 12, trainPart = 2000 } = await setting.load(seed);
      const { rates, repeated, sooner } = setting;
      const methods = setting
        .methods()
        .filter(({ name }) => factor === 1 || rates?.methods.includes(name))
        .filter(({ name }) => divisor === undefined || sooner?.methods.includes(name))
        .filter(({ name }) => seed === seeds[0] || (repeated?.includes(name) ?? true));
      let parameters = 0;
      const curves = await race(
        async () => {
          const model = await makeModel();
          parameters = model.countParams();
          return model;
        },
        train,
        methods,
        {
          seconds: budget / (divisor ?? 1),
          batchSize: setting.batchSize,
          seed,
          test,
          points,
          trainPart,
          schedule: setting.schedule?.factor,
          rateFactor: Object.fromEntries(methods.map(({ name }) => [name, factor])),
          signal,
          onPoint: (method, { seconds, step, trainLoss, testError }) =>
            say(
              `  ${number(seconds)} s  ${method}: ${step} steps, training loss ${number(trainLoss)}, error ${number(testError)}`,
            ),
        },
      );
      const { length } = train;
      return {
        setting: setting.name,
        seed,
        factor,
        divisor,
        train: length,
        trainPart: Math.min(trainPart, length),
        test: test.length,
        parameters,
        curves: curves.map(slim),
      };
    },

    present: (results, { scale, budget, seeds }) =>
      presentRace(
        settings(scale),
        results.map(({ result }) => result),
        { seconds: budget, seeds: seeds.length },
      ),
  };
}

/** One race of a setting: at a factor of the learning rate, with all of the seconds or a part of them. */
interface Turn {
  readonly factor: number;
  readonly divisor?: number;
}

function turns({ rates, sooner }: RaceSetting): Turn[] {
  const factors = [1, ...(rates?.factors ?? [])];
  const tried = (factor: number) => factor === 1 || sooner?.methods.some((name) => rates?.methods.includes(name));
  const short = sooner ? factors.filter(tried).map((factor) => ({ factor, divisor: sooner.divisor })) : [];
  return [...factors.map((factor) => ({ factor })), ...short];
}

function partKey({ name }: RaceSetting, { factor, divisor }: Turn, seed: number): string {
  const time = divisor === undefined ? '' : `, 1/${divisor} of the time`;
  return `${name}, rate × ${factor}${time}, seed ${seed}`;
}

/** Without the traces: a result is a line of a file. */
function slim({
  method,
  engine,
  points,
  steps,
  importanceShare,
  forward,
  backward,
  failed,
  switches,
}: Curve): SlimCurve {
  return {
    method,
    engine,
    points,
    steps,
    importanceShare,
    forward,
    backward,
    failed,
    switches: switches.slice(0, 20).map(({ seconds, on, why }) => ({ seconds, on, why })),
  };
}
