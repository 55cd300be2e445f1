import type { Costs } from './costs.ts';
import type { Learner } from './learner.ts';

/** A learner that records how long its passes take into `costs`. */
export function metered(learner: Learner, costs: Costs, now: () => number): Learner {
  const timed = async <T>(run: () => Promise<T>, record: (seconds: number) => void): Promise<T> => {
    const start = now();
    const result = await run();
    record(now() - start);
    return result;
  };
  return {
    engine: learner.engine,
    counters: learner.counters,
    learningRate: () => learner.learningRate(),
    setLearningRate: (rate) => learner.setLearningRate(rate),
    requireScore: (kind) => learner.requireScore(kind),
    scores: (batch, kind) =>
      timed(
        () => learner.scores(batch, kind),
        (seconds) => costs.recordForward(batch.size, seconds),
      ),
    step: (batch, weights, options) =>
      timed(
        () => learner.step(batch, weights, options),
        (seconds) => costs.recordStep(batch.size, seconds),
      ),
    gradient: (batch, weights, options) => learner.gradient(batch, weights, options),
    apply: (gradient) => learner.apply(gradient),
    evaluate: (batch) => learner.evaluate(batch),
    outputs: (batch) =>
      timed(
        () => learner.outputs(batch),
        (seconds) => costs.recordForward(batch.size, seconds),
      ),
    parameters: () => learner.parameters(),
    assign: (parameters) => learner.assign(parameters),
    state: () => learner.state(),
    restore: (state) => learner.restore(state),
    sync: () => learner.sync(),
    dispose: () => learner.dispose(),
  };
}
