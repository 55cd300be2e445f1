import { evaluate } from '../../fit/evaluate.ts';
import type { Provider } from '../../fit/provider.ts';
import type { Learner } from '../../learner/learner.ts';
import type { Measure } from './workload.ts';

/** What a model makes of samples it was not trained on. */
export interface Measured {
  readonly loss: number;
  /** Of the workload's own measure. */
  readonly value: number;
  /** Expected calibration error; absent where there are no classes. */
  readonly ece?: number;
}

const evaluationBatch = 250;
const bins = 15;

/** Evaluates a learner on samples. */
export async function measured(learner: Learner, samples: Provider, measure: Measure): Promise<Measured> {
  const [loss] = await evaluate(learner, samples, evaluationBatch);
  if (measure === 'loss' && !(await hasClasses(learner, samples))) return { loss, value: loss };
  const counts = new Counts();
  for (let at = 0; at < samples.length; at += evaluationBatch) {
    const size = Math.min(evaluationBatch, samples.length - at);
    const batch = await samples.batch(Int32Array.from({ length: size }, (_, i) => at + i));
    const [outputs] = await learner.outputs(batch);
    counts.add(outputs.data, batch.ys[0].data, outputs.shape[1]);
  }
  const value = measure === 'loss' ? loss : measure === 'error' ? counts.error : counts.classError;
  return { loss, value, ece: counts.calibrationError };
}

async function hasClasses(learner: Learner, samples: Provider): Promise<boolean> {
  const [{ shape }] = await learner.outputs(await samples.batch(Int32Array.of(0)));
  return shape[1] > 1;
}

/** Counts of right and wrong, by class and by confidence. */
export class Counts {
  private readonly all: number[] = [];
  private readonly wrong: number[] = [];
  private readonly bins = Array.from({ length: bins }, () => ({ right: 0, confidence: 0 }));
  private total = 0;

  /** Adds predicted probabilities, `[n, classes]`, and one-hot labels likewise. */
  add(probabilities: ArrayLike<number>, labels: ArrayLike<number>, classes: number): void {
    for (let row = 0; row < probabilities.length; row += classes) {
      let [best, label] = [0, 0];
      for (let c = 1; c < classes; c++) {
        if (probabilities[row + c] > probabilities[row + best]) best = c;
        if (labels[row + c] > labels[row + label]) label = c;
      }
      const confidence = probabilities[row + best];
      const bin = this.bins[Math.min(bins - 1, Math.floor(confidence * bins))];
      this.total++;
      this.all[label] = (this.all[label] ?? 0) + 1;
      bin.confidence += confidence;
      if (best === label) bin.right++;
      else this.wrong[label] = (this.wrong[label] ?? 0) + 1;
    }
  }

  /** Share of the samples that are taken for another class. */
  get error(): number {
    return this.wrong.reduce((sum, count) => sum + count, 0) / this.total;
  }

  /** The mean over the classes of the error on each. */
  get classError(): number {
    const errors = this.all.flatMap((count, label) => (this.wrong[label] ?? 0) / count);
    const known = errors.filter(Number.isFinite);
    return known.reduce((sum, error) => sum + error, 0) / known.length;
  }

  /**
   * Σ over 15 bins of equal width of |share of right ones − mean confidence| × share of the samples: Guo et al., On
   * Calibration of Modern Neural Networks, ICML 2017, eq. 3.
   */
  get calibrationError(): number {
    return this.bins.reduce((sum, { right, confidence }) => sum + Math.abs(right - confidence), 0) / this.total;
  }
}
