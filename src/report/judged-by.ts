import { greatest } from '../extent.ts';
import { number, percent } from './format.ts';
import { type Comparison, chanceOf, compareError, compareLoss, scatter } from './noise.ts';
import type { MethodRecord, PointEvent, RunConfig } from './record.ts';

/** What the samples that none was trained on are called. */
export type HeldOut = NonNullable<RunConfig['data']['heldOut']>;

/** What methods are judged by: one number of the samples that none was trained on. */
export interface Judge {
  readonly name: `${HeldOut} error` | `${HeldOut} loss`;
  readonly key: 'testError' | 'testLoss';
  readonly text: (value: number | undefined) => string;
  /** @param size samples of the test. */
  readonly compare: (
    points: readonly PointEvent[],
    uniform: readonly PointEvent[],
    size: number,
  ) => Comparison | undefined;
  /** By how much a value goes up and down by chance. @param size as above; nothing is added where it is not known. */
  readonly chance: (curves: readonly (readonly PointEvent[])[], size?: number) => (value: number) => number;
  /** What that is. */
  readonly margin: string;
}

const byError = (heldOut: HeldOut): Judge => ({
  name: `${heldOut} error`,
  key: 'testError',
  text: percent,
  compare: compareError,
  chance: (_, size) => (error) => (size ? chanceOf(error, size) : 0),
  margin: 'a standard error',
});

const byLoss = (heldOut: HeldOut): Judge => ({
  name: `${heldOut} loss`,
  key: 'testLoss',
  text: number,
  compare: (points, uniform) => compareLoss(points, uniform, 'testLoss'),
  chance: (curves) => {
    const spread = greatest([0, ...curves.map((points) => scatter(points, 'testLoss') ?? 0)]);
    return (loss) => loss * Math.expm1(spread);
  },
  margin: 'the scatter of the curves',
});

/** The test error; where there is none, as in a regression, the test loss; `undefined` where nothing was tested. */
export function judgeOf(
  methods: readonly Pick<MethodRecord, 'points'>[],
  heldOut: HeldOut = 'test',
): Judge | undefined {
  const has = ({ key }: Judge) => methods.some(({ points }) => points.some((point) => point[key] !== undefined));
  return [byError(heldOut), byLoss(heldOut)].find(has);
}
