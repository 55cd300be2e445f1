import type * as tf from '@tensorflow/tfjs';
import { fault } from '../errors.ts';
import type { Learner } from '../learner/learner.ts';
import { type CompiledModel, compiledModel, trainableVariables } from '../learner/model.ts';
import type { Method, State } from '../methods/method.ts';
import { withAverages } from '../optimizers/averaged.ts';
import { cores } from '../platform.ts';
import { printable } from '../printable.ts';
import { Random } from '../sampling/random.ts';
import { CallbackStates } from './callback-states.ts';
import { callbackList, continueEpoch, EpochLogger, givenCallbacks, type Logs, looksAtBatches } from './callbacks.ts';
import { Capped } from './capped.ts';
import { readCheckpoint, writeCheckpoint } from './checkpoint.ts';
import { Clock } from './clock.ts';
import { Course } from './course.ts';
import { evaluate, evaluateBatches } from './evaluate.ts';
import { History } from './history.ts';
import { checkSameRun, type Identity, identify } from './identity.ts';
import { forgetLearner, keptLearner } from './kept-learners.ts';
import { checkProbe, probed } from './probe.ts';
import { progressLine, silenceGreeting } from './progress-line.ts';
import type { Provider } from './provider.ts';
import type { RunOptions } from './run-options.ts';
import { setupOf } from './run-setup.ts';
import { SampleHistory } from './sample-history.ts';
import { SampleMemory } from './sample-memory.ts';
import { checkPlace, checkSavedRun, type SavedRun, type Told } from './saved-run.ts';
import type { PlacedSource } from './source.ts';
import { defaultStore } from './store.ts';
import type { Team } from './team.ts';
import { Trainer } from './trainer.ts';
import { methodOf, usableMethod } from './used-method.ts';
import { ValidationStream } from './validation-stream.ts';
import { isWatching, type StepWatcher, watchesSteps } from './watches-steps.ts';

/** The loop of epochs and steps with all that surrounds it: callbacks, validation, budget, checkpoints. */
export async function run(model: tf.LayersModel, options: RunOptions): Promise<History> {
  const compiled = compiledModel(model);
  if (compiled.isTraining) {
    throw fault({ wrong: 'the model is being trained already', mend: 'wait for the other fit to end' });
  }
  compiled.isTraining = true;
  let release: (() => void) | undefined;
  if (options.verbose === 0) silenceGreeting();
  try {
    const { checkpoint, resume } = options;
    const store = checkpoint || resume !== undefined ? (options.store ?? (await defaultStore())) : undefined;
    if (checkpoint) {
      await store?.check?.(checkpoint.path);
      release = await store?.hold?.(checkpoint.path);
    }
    const learner = await keptLearner(model, options, options.example);
    const one = new Run(model, compiled, learner, { ...options, store });
    try {
      return await one.go();
    } finally {
      await one.close();
    }
  } catch (error) {
    await forgetLearner(model);
    throw error;
  } finally {
    compiled.isTraining = false;
    release?.();
  }
}

/** Steps whose samples are asked for before their turn, where somebody wants to know. */
const batchesAhead = 2;

/** What a run has come to. */
type Progress = Omit<SavedRun, 'identity' | 'threads'>;

/** What callbacks know as their model: of a `tf.Sequential` the functional model in it, as in `model.fit`. */
const asLayers = (compiled: CompiledModel) => compiled as unknown as tf.LayersModel;

class Run {
  private readonly history = new History();
  private readonly clock: Clock;
  private readonly trainer: Trainer;
  private readonly names: string[];
  private logger = new EpochLogger();
  /** The validation of this epoch, where it is done before the epoch ends. */
  private validated: Logs | undefined;
  private epoch: number;
  private batch = 0;
  private seed: number;
  private readonly capped = new Capped();
  /** Samples of a stream have no index to be known by. */
  private readonly samples: SampleMemory | undefined;
  private readonly course = new Course();
  private readonly watching: readonly StepWatcher[];
  /** As it was before the end of an epoch that is gone on with. */
  private courseBefore: State = null;
  private readonly started = new Date().toISOString();
  private readonly method: Method;
  private readonly source: PlacedSource;
  private readonly states: CallbackStates;
  private known: Promise<Identity> | undefined;
  /** Whether the callbacks know that the epoch has begun. */
  private begun = false;
  /** Whether nothing has happened since the last checkpoint. */
  private isSaved = false;
  /** Whether this run has nothing more to do. */
  private exhausted = false;
  /** What is gone back to where a device is lost. */
  private good: Progress | undefined;
  /** What was told at an end within an epoch, and before it: a run that goes on has not ended there. */
  private final: Told | null = null;
  private unfinished: Told | undefined;

  constructor(
    private readonly model: tf.LayersModel,
    private readonly compiled: CompiledModel,
    private readonly learner: Learner,
    private readonly options: RunOptions,
  ) {
    const { batchSize, length, now } = options;
    const { team } = options;
    const usable = usableMethod(model, learner, options);
    const method = team?.method(usable) ?? usable;
    this.method = method;
    this.seed = options.seed ?? Math.floor(Math.random() * 2 ** 31);
    this.epoch = options.initialEpoch ?? 0;
    this.clock = new Clock(now);
    this.samples = length === undefined ? undefined : new SampleMemory(length);
    this.names = compiled.getDedupedMetricsNames();
    const random = new Random(this.seed);
    this.source = options.source(random.fork('order'));
    this.watching = givenCallbacks(options.callbacks).filter(isWatching);
    this.states = new CallbackStates(givenCallbacks(options.callbacks));
    this.trainer = new Trainer({
      learner,
      source: this.source,
      method,
      clock: this.clock,
      random,
      batchSize,
      length,
      epochs: this.epochs,
      metricNames: this.names.slice(1),
      schedule: options.schedule,
      progress: () => this.progress(),
      parameterShapes: trainableVariables(compiled).map(({ shape }) => shape),
    });
  }

  /** Epochs end a run unless there is nothing but a time budget. */
  private get epochs(): number {
    return this.options.epochs ?? (this.options.seconds === undefined ? 1 : Infinity);
  }

  private progress(): number {
    const { seconds, epoch } = this.options;
    const inEpoch = epoch.steps === undefined ? 0 : this.batch / epoch.steps;
    // Where the learning rate follows the gain, epochs pass as fast as it is larger.
    const epochs = this.epoch + inEpoch + this.trainer.gained / (epoch.samples() ?? Infinity);
    const byEpochs = this.epochs === Infinity ? 0 : epochs / this.epochs;
    return Math.min(1, Math.max(byEpochs, seconds === undefined ? 0 : this.clock.seconds / seconds));
  }

  private get timeIsUp(): boolean {
    const { seconds } = this.options;
    if (seconds === undefined) return this.epochs !== Infinity && this.progress() >= 1;
    this.clock.requireProgress();
    return this.clock.seconds >= seconds;
  }

  private get aborted(): boolean {
    return this.options.signal?.aborted === true;
  }

  async go(): Promise<History> {
    const { validation, callbacks, yieldEvery, verbose = 1, params, epoch } = this.options;
    const metrics = validation ? [...this.names, ...this.names.map((name) => `val_${name}`)] : [...this.names];
    const progress = progressLine(this.options.verbose, this.epochs, epoch.steps);
    const list = await callbackList(
      callbacks,
      yieldEvery,
      this.history,
      asLayers(this.compiled),
      { ...params, epochs: this.epochs, verbose, doValidation: validation !== undefined, metrics },
      progress,
    );
    const saved = await this.begin();
    this.compiled.history = this.history;
    await list.onTrainBegin();
    this.compiled.stopTraining_ = false;
    if (saved) {
      await this.resume(saved);
      if (this.begun) continueEpoch(list, this.epoch);
    }
    await this.admit();
    while (this.goesOn) await this.trainEpoch(list).catch((error) => this.goOn(error, list));
    if (this.options.team?.standing === 'ended') await this.options.team.finish(this.learner);
    // Resumed where it had ended already; what it ended with now is there.
    if (this.final && !this.exhausted) {
      await this.setTold(this.final);
      this.endOfEpoch(lastOf(this.final));
    }
    if (this.options.checkpoint && !this.isSaved) await this.save();
    this.history.balance = this.trainer.balance.state();
    this.history.standing = this.trainer.explain();
    this.history.capped = this.capped.list();
    const { model, method, learner, options, seed, started } = this;
    this.history.setup = setupOf({ model, method, learner, options, seed, started });
    this.history.course = this.course.record();
    this.history.samples = this.samples && new SampleHistory(this.samples);
    await this.learner.onDevice?.fetch();
    await list.onTrainEnd();
    await this.history.syncData();
    return this.history;
  }

  close(): Promise<void> {
    return this.trainer.close();
  }

  /** Whether there is an epoch to train or to end. */
  private get goesOn(): boolean {
    if (this.exhausted || this.compiled.stopTraining_ || this.states.stopped) return false;
    // What has begun has an end, if only that.
    if (this.begun) return !this.final || !(this.timeIsUp || this.aborted);
    return this.epoch < this.epochs && !this.timeIsUp && !this.aborted;
  }

  /** One epoch, or what is left of it, and what is told of it; or less, where the run is stopped. */
  private async trainEpoch(list: tf.CallbackList): Promise<void> {
    const { epoch, validation, checkpoint } = this.options;
    this.final = null;
    if (!this.begun) {
      await list.onEpochBegin(this.epoch);
      await epoch.begin(this.epoch);
      this.begun = true;
      this.isSaved = false;
    }
    if (this.learner.onDevice) this.good = structuredClone(await this.progressed());
    this.learner.lookAgain?.();
    const ended = await this.trainSteps(list);
    // Whoever goes on with a checkpoint ends the epoch.
    if (!ended && this.aborted && checkpoint) {
      this.exhausted = true;
      return;
    }
    // Validation may take longer than whoever stops the run waits.
    if (checkpoint && !this.isSaved && (!ended || this.aborted)) await this.save();
    const before = !ended && checkpoint ? this.told() : undefined;
    if (before) this.courseBefore = this.course.state();
    const logs: Logs = {};
    const whole = ended && epoch.isWhole(this.batch);
    if (validation && (whole || this.timeIsUp)) {
      Object.assign(logs, this.validated ?? (await this.validate(validation)));
    }
    this.validated = undefined;
    await this.learner.onDevice?.fetch();
    Object.assign(logs, this.logger.means());
    this.endOfEpoch(logs);
    await list.onEpochEnd(this.epoch, logs);
    this.isSaved = false;
    // An epoch without a step: the stream has ended for good, and time alone would never end the run.
    if (ended && this.batch === 0 && this.epochs === Infinity) this.exhausted = true;
    if (!ended) {
      this.exhausted = true;
      this.unfinished = before;
      if (before) this.final = this.told();
      return;
    }
    this.logger = new EpochLogger();
    this.batch = 0;
    this.begun = false;
    this.epoch++;
    if (checkpoint && (checkpoint.every ?? undefined) === undefined) await this.save();
  }

  /** The steps of one epoch from where it stands; whether it came to its end. */
  private async trainSteps(list: tf.CallbackList): Promise<boolean> {
    const { epoch, onStep, checkpoint, validation, length } = this.options;
    const meddles = onStep !== undefined || looksAtBatches(list);
    for (;;) {
      const size = await epoch.size(this.batch);
      if (size === 0) return true;
      if (this.timeIsUp || this.aborted) return false;
      this.isSaved = false;
      if (await this.trainer.prepare()) continue;
      // What model.fitDataset tells of a batch before it, and model.fit does not.
      await list.onBatchBegin(this.batch, length === undefined ? { batch: this.batch, size } : {});
      if (meddles) this.learner.lookAgain?.();
      const next = this.trainer.looksAhead ? await this.nextSizes() : [];
      const report = await this.trainer.train(size, { epoch: this.epoch, batch: this.batch }, next);
      const logs: Logs = { loss: report.loss, ...report.metrics };
      this.logger.add(report.size, logs);
      if (report.switched) {
        const { step, epoch: at, seconds, switched } = report;
        this.history.switches.push({ step, epoch: at, seconds, ...switched });
      }
      this.capped.add(report.capped);
      this.course.step(report);
      this.samples?.add(report.indices, report.losses, report.answers);
      if (meddles) await this.learner.onDevice?.makeReadable();
      await onStep?.(report);
      for (const callback of this.watching) callback[watchesSteps](report);
      // As in model.fit; model.fitDataset validates after the last onBatchEnd.
      const isLast = length !== undefined && (await epoch.size(this.batch + 1)) === 0;
      if (meddles) await this.learner.onDevice?.makeReadable();
      if (validation && isLast) this.validated = await this.validate(validation);
      await list.onBatchEnd(this.batch, { batch: this.batch, size: report.size, ...logs });
      this.batch++;
      await this.admit();
      if (checkpoint?.every && (report.step + 1) % checkpoint.every === 0) await this.save();
      if (this.compiled.stopTraining_) return epoch.isWhole(this.batch);
    }
  }

  /** Samples of the steps after this one, as far as they are known. To ask a stream would read it. */
  private async nextSizes(): Promise<number[]> {
    const { epoch, length } = this.options;
    if (length === undefined) return [];
    const sizes: number[] = [];
    let [at, batch] = [this.epoch, this.batch];
    for (let k = 0; k < batchesAhead; k++) {
      if ((await epoch.size(++batch)) === 0) [at, batch] = [at + 1, 0];
      if (at >= this.epochs) break;
      sizes.push(await epoch.size(batch));
    }
    return sizes;
  }

  private async validate(validation: Provider | ValidationStream): Promise<Logs> {
    const { validationBatchSize, batchSize } = this.options;
    const values = await withAverages(this.model, () =>
      validation instanceof ValidationStream
        ? evaluateBatches(this.learner, validation.batches())
        : evaluate(this.learner, validation, validationBatchSize ?? batchSize),
    );
    this.trainer.validated(values[0]);
    return Object.fromEntries(values.map((value, k) => [`val_${this.names[k]}`, value]));
  }

  /** What a checkpoint must agree with to be continued. */
  private identity(): Promise<Identity> {
    const { model, compiled, options, source } = this;
    const { batchSize, length, shuffle = true, example } = options;
    this.known ??= identify({
      model,
      compiled,
      method: methodOf(options),
      batchSize,
      length,
      shuffle,
      example,
      source,
    });
    return this.known;
  }

  private endOfEpoch(logs: Logs): void {
    this.course.epoch(logs as Record<string, number>, this.options.length, this.epoch + 1);
  }

  private told(): Told {
    const { epoch, history } = this.history;
    const copies = Object.entries(history as { [name: string]: number[] }).map(([name, values]) => [name, [...values]]);
    return { history: { epoch: [...epoch], history: Object.fromEntries(copies) }, callbacks: this.states.state() };
  }

  private async setTold({ history, callbacks }: Told): Promise<void> {
    this.history.epoch = [...history.epoch];
    this.history.history = Object.fromEntries(Object.entries(history.history).map(([name, list]) => [name, [...list]]));
    await this.states.restore(callbacks);
  }

  /** What is to be gone on with: from a checkpoint, or from whoever leads the run. */
  private async begin(): Promise<SavedRun | undefined> {
    const { team } = this.options;
    if (team && !team.leads) return this.comeIn(team);
    const saved = await this.readSaved();
    await team?.begin(await this.identity());
    return saved;
  }

  /** Lets in whoever asks to join the run. */
  private admit(): Promise<void> | undefined {
    return this.options.team?.admit(async () => {
      const told: Told = { history: this.told().history, callbacks: [] };
      const run = { ...(await this.saved()), told, final: null, samples: null };
      return { run: run as unknown as State, probe: await this.probe() };
    });
  }

  /** The state of the run that this process joins. What its method has seen, and what it draws, are its own. */
  private async comeIn(team: Team): Promise<SavedRun | undefined> {
    const where = 'the run on the server';
    const identity = await this.identity();
    const found = await team.enter((run) => checkSameRun(where, run as Identity, identity));
    if (found === undefined) return undefined;
    const { run = null, probe } = found as { run?: State; probe?: State };
    const saved = checkSavedRun(where, run);
    const { sampler } = (await this.trainer.state()) as { sampler: State };
    const trainer = { ...(saved.trainer as { [part: string]: State }), sampler };
    await this.trainer.restore(trainer);
    checkProbe(await this.probe(), probe);
    return { ...saved, trainer };
  }

  /** After an error in an epoch that is not the end. */
  private async goOn(error: unknown, list: tf.CallbackList): Promise<void> {
    const { good } = this;
    const why = good && !this.options.team ? await this.learner.onDevice?.leave(error) : undefined;
    if (good === undefined || why === undefined) return this.comeInAgain(error);
    const { epoch, batch } = this;
    await this.resume(good, true);
    this.good = undefined;
    continueEpoch(list, this.epoch);
    console.warn(
      `unequal: in epoch ${epoch}, batch ${batch}: ${why}. Training goes on on the processor from epoch ${this.epoch}, batch ${this.batch}; the steps since then are taken again`,
    );
  }

  /** Whoever does not train any more may have to come in again. */
  private async comeInAgain(error: unknown): Promise<void> {
    const { team } = this.options;
    if (team === undefined || team.leads || team.standing === 'in') throw error;
    const saved = team.standing === 'out' ? await this.comeIn(team) : undefined;
    if (saved) await this.resume(saved);
    else this.exhausted = true;
  }

  /** Losses of a few samples: whoever computes others has another loss, other weights of samples, or other data. */
  private async probe(): Promise<Float32Array | null> {
    const { learner, source } = this;
    const { checksums } = (await this.identity()).data as { checksums?: readonly State[] };
    if (!checksums?.every((one) => one !== null)) return null;
    const batch = await source.at(probed(source.length!));
    const { forward, backward } = learner.counters;
    const losses = learner.uniformOnly?.(batch)
      ? Float32Array.from((await learner.evaluate(batch)).metrics.slice(0, 1))
      : await learner.scores(batch, 'loss');
    // Samples that no step was made of.
    Object.assign(learner.counters, { forward, backward });
    return losses;
  }

  private async save(): Promise<void> {
    const saved = await this.saved();
    await writeCheckpoint(this.options.checkpoint!.path, saved as unknown as State, this.options.store);
    if (this.good) this.good = structuredClone(saved);
    this.isSaved = true;
  }

  private async saved(): Promise<SavedRun> {
    return { identity: await this.identity(), threads: cores(), ...(await this.progressed()) };
  }

  private async progressed(): Promise<Progress> {
    return {
      seed: this.seed,
      place: { epoch: this.epoch, batch: this.batch, begun: this.begun },
      logger: this.logger.state(),
      told: this.final ? this.unfinished! : this.told(),
      final: this.final,
      switches: this.history.switches,
      capped: this.capped.state(),
      samples: this.samples?.state() ?? null,
      course: this.final ? this.courseBefore : this.course.state(),
      trainer: await this.trainer.state(),
    };
  }

  /** What is to be gone on with. @throws UnequalError if it is not of this run. */
  private async readSaved(): Promise<SavedRun | undefined> {
    const { resume, seed, epoch } = this.options;
    if (resume === undefined) return undefined;
    const saved = checkSavedRun(resume, await readCheckpoint(resume, this.options.store));
    const given = seed === undefined ? {} : { seed };
    checkSameRun(resume, { ...saved.identity, seed: saved.seed }, { ...(await this.identity()), ...given });
    // How many steps an epoch of several processes has depends on who was there.
    if (!this.options.team) checkPlace(resume, saved, epoch.steps, this.options.length);
    const now = cores();
    if (saved.threads !== now) {
      console.warn(
        `unequal: ${printable(resume)} was written with ${saved.threads} threads, and this machine has ${now}: the run goes on, but not to the same last bit.`,
      );
    }
    return saved;
  }

  /** @param lost whether the weights are gone. */
  private async resume(saved: Progress, lost = false): Promise<void> {
    // Before the model: what is refused must leave it as it was.
    if (saved.samples) this.samples?.restore(saved.samples);
    this.course.restore(saved.course);
    this.courseBefore = saved.course;
    try {
      if (lost) await this.trainer.goBack(saved.trainer);
      else await this.trainer.restore(saved.trainer);
    } catch (cause) {
      throw fault({ wrong: `${this.options.resume} cannot be gone on with`, got: (cause as Error).message, cause });
    }
    this.seed = saved.seed;
    this.epoch = saved.place.epoch;
    this.batch = saved.place.batch;
    this.begun = saved.place.begun;
    this.logger.restore(saved.logger);
    this.history.switches = saved.switches;
    this.capped.restore(saved.capped);
    await this.setTold(saved.told);
    this.unfinished = saved.told;
    this.final = saved.final;
  }
}

/** The logs of the last epoch. */
function lastOf({ history: { history } }: Told): Logs {
  return Object.fromEntries(Object.entries(history).map(([name, values]) => [name, values[values.length - 1]]));
}
