import type * as tf from '@tensorflow/tfjs';
import { continueEpoch, looksAtBatches } from './callbacks.ts';
import type { History } from './history.ts';
import type { RunOptions } from './run-options.ts';
import type { RunParts } from './run-parts.ts';
import { setupOf } from './run-setup.ts';
import type { SavedRun } from './saved-run.ts';
import { tellOfMixing } from './used-method.ts';
import { watchesSteps } from './watches-steps.ts';

/** The loop of epochs and steps with all that surrounds it: callbacks, validation, budget, checkpoints. */
export class RunLoop {
  private readonly options: RunOptions;
  private readonly started = new Date().toISOString();
  /** Whether this run has nothing more to do. */
  private exhausted = false;
  /** Whether it was said that an epoch had no step. */
  private told = false;

  constructor(private readonly parts: RunParts) {
    this.options = parts.options;
  }

  async go(): Promise<History> {
    const { beginning, learner, trainer, progress, record, state, membership } = this.parts;
    const { history } = record;
    const list = await beginning.callbacks();
    const saved = await this.begin();
    await beginning.begin();
    if (saved) {
      await state.resume(saved).catch((error) => {
        beginning.undo();
        throw error;
      });
      if (progress.begun) continueEpoch(list, progress.epoch);
    }
    await this.admit();
    while (this.goesOn) await this.trainEpoch(list).catch((error) => this.goOn(error, list));
    // To finish may take long, and fail.
    if (membership && this.options.checkpoint && !state.isSaved) await state.save();
    await membership?.finish();
    if (!this.exhausted) await record.endAgain(progress.epoch);
    if (this.options.checkpoint && !state.isSaved) await state.save();
    const seed = this.parts.seed === undefined ? undefined : state.seed;
    const setup = setupOf({ ...this.parts, seed, started: this.started });
    record.finish({ balance: trainer.balance.state(), standing: trainer.explain(), setup });
    trainer.endSchedules();
    await learner.onDevice?.fetch();
    await list.onTrainEnd();
    await history.syncData();
    return history;
  }

  private get aborted(): boolean {
    return this.options.signal?.aborted === true;
  }

  /** Whether there is an epoch to train or to end. */
  private get goesOn(): boolean {
    const { compiled, progress, record } = this.parts;
    if (this.exhausted || record.stoppedEarly) return false;
    // As in model.fitDataset, what stops in onEpochBegin stops after a batch.
    if (compiled.stopTraining_ && (!progress.begun || this.options.resume !== undefined)) return false;
    // What has begun has an end, if only that.
    if (progress.begun) return !record.hasEnded || !(progress.timeIsUp || this.aborted);
    return progress.epoch < progress.epochs && !progress.timeIsUp && !this.aborted;
  }

  /** One epoch, or what is left of it, and what is told of it; or less, where the run is stopped. */
  private async trainEpoch(list: tf.CallbackList): Promise<void> {
    const { model, learner, method, trainer, progress, record, state, validation } = this.parts;
    const { epoch, checkpoint } = this.options;
    record.goOn();
    if (!progress.begun) {
      await list.onEpochBegin(progress.epoch);
      await epoch.begin(progress.epoch);
      progress.begun = true;
      state.isSaved = false;
    }
    if (learner.onDevice) await state.keep();
    learner.lookAgain?.();
    await tellOfMixing(model, learner, method, this.options);
    const ended = await this.trainSteps(list);
    // Whoever goes on with a checkpoint ends the epoch.
    if (!ended && this.aborted && checkpoint) {
      this.exhausted = true;
      return;
    }
    // Validation may take longer than whoever stops the run waits.
    if (checkpoint && !state.isSaved && (!ended || this.aborted)) await state.save();
    if (!ended && checkpoint) record.beforeEnd();
    const whole = ended && epoch.isWhole(progress.batch);
    const validated = validation && (await validation.take(whole || progress.timeIsUp));
    await learner.onDevice?.fetch();
    await list.onEpochEnd(progress.epoch, record.epoch(progress.epoch, validated, trainer.seconds));
    state.isSaved = false;
    if (!ended) {
      this.exhausted = true;
      if (checkpoint) record.end();
      return;
    }
    if (progress.batch === 0) this.tellOfNoStep();
    // An epoch without a step: the stream has ended for good, and time alone would never end the run.
    if (progress.batch === 0 && progress.epochs === Infinity) this.exhausted = true;
    record.nextEpoch();
    progress.endEpoch();
    if (checkpoint && (checkpoint.every ?? undefined) === undefined) await state.saveInTime();
  }

  /** An epoch without a step has no loss either. Where an epoch has a number of steps, the stream has ended, which is told. */
  private tellOfNoStep(): void {
    if (this.told || this.options.epoch.steps !== undefined) return;
    this.told = true;
    console.warn(
      `unequal: epoch ${this.parts.progress.epoch} had no step, and has no loss: the method used up its pass over the stream before one; give smaller batches, or more data for a pass`,
    );
  }

  /** The steps of one epoch from where it stands; whether it came to its end. */
  private async trainSteps(list: tf.CallbackList): Promise<boolean> {
    const { compiled, learner, trainer, progress, record, state, validation, watching } = this.parts;
    const { epoch, onStep, checkpoint, length, runsCode } = this.options;
    const meddles = onStep !== undefined || looksAtBatches(list);
    for (;;) {
      const size = await epoch.size(progress.batch);
      if (size === 0) return true;
      if (progress.timeIsUp || this.aborted) return false;
      state.isSaved = false;
      if (await trainer.prepare()) continue;
      const place = { epoch: progress.epoch, batch: progress.batch };
      // What model.fitDataset tells of a batch before it, and model.fit does not.
      await list.onBatchBegin(place.batch, length === undefined ? { batch: place.batch, size } : {});
      if (meddles || runsCode) learner.lookAgain?.();
      const report = await trainer.train(size, place, trainer.looksAhead ? await progress.nextSizes() : []);
      const logs = record.step(report);
      if (meddles) await learner.onDevice?.makeReadable();
      await onStep?.(report);
      for (const callback of watching) callback[watchesSteps](report);
      // As in model.fit; model.fitDataset validates after the last onBatchEnd.
      const isLast = length !== undefined && (await epoch.size(place.batch + 1)) === 0;
      if (meddles) await learner.onDevice?.makeReadable();
      if (isLast) await validation?.early();
      await list.onBatchEnd(place.batch, { batch: place.batch, size: report.size, ...logs });
      progress.batch++;
      await this.admit();
      if (checkpoint?.every && (report.step + 1) % checkpoint.every === 0) await state.saveInTime();
      if (compiled.stopTraining_) return epoch.isWhole(progress.batch);
    }
  }

  /** What is to be gone on with: from a checkpoint, or from whoever leads the run. */
  private async begin(): Promise<SavedRun | undefined> {
    const { membership, state } = this.parts;
    if (membership?.follows) return membership.comeIn();
    const saved = await state.read();
    await membership?.lead();
    return saved;
  }

  /** Lets in whoever asks to join the run. */
  private admit(): Promise<void> | undefined {
    const { membership, state } = this.parts;
    return membership?.admit(() => state.saved());
  }

  /** After an error in an epoch that is not the end. */
  private async goOn(error: unknown, list: tf.CallbackList): Promise<void> {
    const { learner, progress, state, membership } = this.parts;
    if (membership) {
      const saved = await membership.comeInAgain(error);
      if (saved) await state.resume(saved);
      else this.exhausted = true;
      return;
    }
    const why = state.isKept ? await learner.onDevice?.leave(error) : undefined;
    if (why === undefined) throw error;
    const { epoch, batch } = progress;
    await state.goBack();
    continueEpoch(list, progress.epoch);
    console.warn(
      `unequal: in epoch ${epoch}, batch ${batch}: ${why}. Training goes on on the processor from epoch ${progress.epoch}, batch ${progress.batch}; the steps since then are taken again`,
    );
  }
}
