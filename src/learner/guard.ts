import * as tf from '@tensorflow/tfjs';
import { markFinal, survivorsOf } from '../compiler/index.ts';
import { fault, type UnequalError } from '../errors.ts';
import { cellsThatDrawAnew, dropMasks, dropoutMasks } from './dropout-masks.ts';
import { Fields } from './fields.ts';
import { type CompiledModel, requirePresent } from './model.ts';
import type { Objective } from './objective.ts';
import { allLayers, isTensorFlows, userCode } from './user-code.ts';

/** Changes after which a model is given up that changes every few calls. */
const patience = 3;
const few = 20;

/** What a model keeps of its own training; what it computes within another does not depend on it. */
export const ofTraining = [
  'history',
  'isTraining',
  'stopTraining_',
  'optimizer_',
  'isOptimizerOwned',
  'loss',
  'lossFunctions',
].concat(
  ['metrics', 'metricsTensors', 'metricsNames', 'collectedTrainableWeights'],
  ['trainFunction', 'testFunction', 'predictFunction'],
);

/**
 * Watches what JavaScript computes in a compiled model: a trace has its branches and numbers as they were.
 *
 * What TensorFlow.js's own layers and optimizers compute depends on their fields, which are looked at before every call.
 * Code of the user's may depend on anything: it is traced again before the second step, after ever more steps (before each, where
 * its source does not tell that it keeps nothing), and whenever `lookAgain` says that something outside has run.
 */
export class Guard {
  private readonly fields: Fields;
  /** Their dropout masks come and go with each call. */
  private readonly cells: ReadonlySet<object>;
  /** What is no code of TensorFlow.js's own, if anything is. */
  private foreign: string | undefined;
  /** How often a field has changed. */
  private count = 0;
  private doubts = 0;
  private steps = 0;
  private next = 1;
  private changes = 0;
  /** Those that came with the optimizer's count of steps. */
  private counts = 0;
  /** The number of doubts that the last change counted for: batches of another size see it once more. */
  private counted = 0;
  /** What changed in a field last, in words. */
  private reason: string | undefined;

  /** The number of doubts when code beside the model's ran last. */
  private outside = 0;
  /** How many steps were made, and how many then. */
  private made = 0;
  private looked = -2;

  private readonly model: CompiledModel;
  private readonly optimizer: tf.Optimizer;
  private readonly variables: readonly tf.Variable[];
  private readonly losses: CompiledModel['lossFunctions'];

  /**
   * @param canGiveUp whether a model that changes too often is an error.
   * @param isClear whether the source of all that is the user's says that it keeps nothing from call to call.
   * @param isAsRead whether what was read is still what is called.
   */
  constructor(
    { model, variables }: Objective,
    private readonly canGiveUp: boolean,
    private isClear: boolean,
    private readonly isAsRead: () => boolean = () => true,
  ) {
    const { optimizer } = model;
    this.model = model;
    this.optimizer = optimizer;
    this.variables = variables;
    this.losses = model.lossFunctions;
    this.foreign = userCode(model);
    this.cells = cellsThatDrawAnew(allLayers(model));
    this.fields = new Fields(() => [
      ...allLayers(model).map((layer) => {
        const passing = this.cells.has(layer) ? dropoutMasks : [];
        return [layer.name, layer, { without: layer instanceof tf.LayersModel ? ofTraining : passing }] as const;
      }),
      ['model', model, { only: ['lossFunctions', 'metricsTensors'] }],
      // The rate of TensorFlow.js's own optimizers is an input of the graph.
      ['optimizer', optimizer, { without: isTensorFlows(optimizer) ? ['learningRate', 'c'] : [] }],
      ...variables.map((variable) => [variable.name, variable, { only: ['trainable'] }] as const),
    ]);
  }

  /** See `VersionOptions.version`. */
  readonly version = (): number => {
    if (this.model.optimizer !== this.optimizer || this.model.lossFunctions !== this.losses) {
      throw fault({ wrong: 'the model was compiled anew while it is trained', mend: 'call fit again after compile' });
    }
    // A model that has been disposed of has no layers to trace.
    requirePresent(this.variables);
    const changed = this.fields.changed();
    if (changed !== undefined) {
      this.reason = changed;
      this.outside = ++this.doubts;
      this.fields.renew();
      this.foreign = userCode(this.model);
      this.count++;
    }
    return this.count;
  };

  readonly trusted = (): boolean => this.foreign === undefined;

  /** See `VersionOptions.doubt`. */
  readonly doubt = (): number => this.doubts;

  /** Whether all code that is not TensorFlow.js's own is called in the forward pass. */
  get isForeignForward(): boolean {
    return isTensorFlows(this.optimizer);
  }

  /** Runs a trace. What it changed in fields is undone, and such a model refused: each call would change it again. */
  readonly around = <T>(trace: () => T): T => {
    dropMasks(this.cells);
    for (const layer of allLayers(this.model)) buildWithin(layer);
    this.fields.renew();
    let result: T;
    try {
      result = trace();
    } catch (error) {
      const restored = this.fields.restore();
      // Who keeps a tensor of the trace in a closure would compute with it from now on.
      const lost = [...survivorsOf(error)].some((tensor) => !tensor.isDisposed && !restored.has(tensor));
      throw lost ? markFinal(error as Error) : error;
    }
    const changed = this.fields.changedNumber();
    if (changed !== undefined) {
      this.fields.restore();
      throw fault({
        wrong: 'the model changes a number of its own in every step',
        got: changed,
        expected: 'layers, losses and optimizers whose state is in variables',
        mend: "use engine: 'eager'",
      });
    }
    this.fields.renewAfterTrace();
    return result;
  };

  /** A step is about to be made. Code that may keep something from call to call is looked at before each. */
  step(): void {
    // What has changed before and made no difference explains nothing that comes later.
    this.reason = undefined;
    this.made++;
    if (this.trusted() || (this.isClear && this.steps++ < this.next)) return;
    this.next *= 2;
    this.doubts++;
  }

  /** Code of the user's has run between two calls. */
  lookAgain(): void {
    if (this.trusted()) return;
    this.outside = ++this.doubts;
    // After each step the trace tells.
    const isOften = this.looked === this.made - 1;
    this.looked = this.made;
    if (this.isClear && !isOften && !this.isAsRead()) this.isClear = false;
  }

  /** @throws UnequalError if the model changes too often to be compiled each time. */
  readonly changed = (what: string, calls: number, since: number, byItself: boolean): void => {
    if (!this.canGiveUp) return;
    const ofCount = `in the optimizer, by its count of steps, ${what}`;
    if (byItself && ++this.counts > patience) throw this.changesByStep(ofCount);
    if (byItself) return;
    if (!this.isClear && this.outside <= since) {
      throw fault({
        wrong: 'what the model computes changes by itself from step to step',
        got: `in ${this.foreign ?? 'the model'} ${what}`,
        expected: 'code that computes from its inputs, from fields and from tf.Variables',
        mend: 'count in a tf.Variable: up to here this code was called more often than model.fit would have called it',
      });
    }
    if (this.outside > 0 && this.outside === this.counted) return;
    this.counted = this.outside;
    if (calls > few) this.changes = 0;
    if (++this.changes <= patience) return;
    throw this.changesByStep(this.reason ?? `in ${this.foreign ?? 'the model'} ${what}`);
  };

  private changesByStep(got: string): UnequalError {
    return fault({
      wrong: 'numbers of the program change from step to step',
      got,
      expected: 'numbers that stay, or tf.Variables for those that change',
    });
  }
}

/** A sequential model within a layer builds itself at its first call, which would look like a change of its numbers. */
function buildWithin(layer: tf.layers.Layer): void {
  if (!(layer instanceof tf.Sequential) || !isTensorFlows(layer)) return;
  const { model, outputs } = layer as unknown as { model?: tf.LayersModel; outputs?: readonly unknown[] };
  if (model === undefined && outputs !== undefined && outputs.length > 0) layer.build();
}
