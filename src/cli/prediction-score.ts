import type { Target } from '../data/own/preparation.ts';
import type { Prediction } from '../data/own/prepared.ts';
import { many, percent } from '../report/format.ts';

/** How good predictions are, where the data has what was to be predicted. */
export class Score {
  rows = 0;
  private known = 0;
  private right = 0;
  private squares = 0;
  /** Rows of a class that the model does not know, and one such. */
  private strange = 0;
  private example: string | undefined;

  constructor(private readonly target: Target) {}

  see({ actual, predicted }: Prediction): void {
    this.rows++;
    if (actual === undefined) return;
    this.known++;
    const [label] = actual;
    if (this.target.classNames?.includes(String(label)) === false) {
      this.strange++;
      this.example ??= String(label);
    }
    if (actual[0] === predicted[0]) this.right++;
    if (this.target.classNames !== undefined) return;
    for (const [k, value] of predicted.entries()) this.squares += (Number(value) - Number(actual[k])) ** 2;
  }

  notes(): string[] {
    const { known, right, squares, target, strange, example } = this;
    if (known === 0) return [];
    if (target.classNames !== undefined) {
      const wrong = `${many(strange, 'row has a label', 'rows have a label')} that no training row had, such as ${example}, and ${strange === 1 ? 'counts' : 'count'} as wrong`;
      return [
        `${percent(right / known)} of ${many(known, 'row')} ${known === 1 ? 'is' : 'are'} right`,
        ...(strange > 0 ? [wrong] : []),
      ];
    }
    const error = Math.sqrt(squares / known / target.columns.length);
    return [`root of the mean squared error over ${many(known, 'row')}: ${error}`];
  }
}
