import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { UnequalError } from '../../src/errors.ts';
import { fit } from '../../src/fit/fit.ts';
import type { StepReport } from '../../src/fit/report.ts';
import { importance } from '../../src/methods/importance/importance.ts';
import { uniform } from '../../src/methods/uniform.ts';
import { classifier, digits } from '../support/small.ts';

beforeAll(() => tf.setBackend('cpu'));

const { x, y } = digits();
const quiet = { engine: 'eager', verbose: 0, batchSize: 4, seed: 1 } as const;

/** Trains on a clock whose every look at it is the next of these times. */
async function trained(now: (look: number) => number, args: object) {
  let look = 0;
  const reports: StepReport[] = [];
  const running = fit(classifier(), x, y, {
    ...{ ...quiet, ...args, now: () => now(look++) },
    onStep: (report) => void reports.push(report),
  });
  return { reports, running };
}

describe('a clock that stands still', () => {
  it('ends a run on a budget of seconds with an error, instead of never', async () => {
    const { reports, running } = await trained(() => 5, { seconds: 1, method: uniform() });
    await expect(running).rejects.toThrow(UnequalError);
    await expect(running).rejects.toThrow(
      /^the clock stands still: got no time passed in 1000 steps, .*give epochs instead of seconds/,
    );
    expect(reports.length).toBe(1000);
  });

  it('after it has run for a while, too', async () => {
    const { reports, running } = await trained((look) => Math.min(look, 100) * 0.001, {
      seconds: 1,
      method: uniform(),
    });
    await expect(running).rejects.toThrow(/^the clock stands still/);
    expect(reports.length).toBeGreaterThan(1000);
    expect(reports.length).toBeLessThan(1100);
  });

  it('or runs backwards: at once', async () => {
    const { running } = await trained((look) => -look, { seconds: 1, method: uniform() });
    await expect(running).rejects.toThrow(/^the clock goes back/);
  });

  it('that moves once in some hundred steps is only coarse', async () => {
    const { reports, running } = await trained((look) => Math.floor(look / 307) * 0.1, {
      seconds: 0.35,
      method: uniform(),
    });
    await running;
    expect(reports.at(-1)!.seconds).toBeCloseTo(0.4, 6);
  });

  it.each(['stored', 'fresh'] as const)(
    'does not matter on a budget of epochs, nor does it start anything: %s',
    async (scores) => {
      const { reports, running } = await trained(() => 5, { epochs: 4, method: importance({ scores }) });
      const history = await running;
      expect(reports.length).toBe(60);
      expect(history.explain()).not.toMatch(/NaN|Infinity|undefined/);
      if (scores === 'fresh') expect(history.switches).toEqual([]);
    },
  );
});

describe('a clock that jumps', () => {
  const ticking = (look: number) => look * 0.001;

  it('back, takes none of the time away that has passed, and the run lasts as long as it was to', async () => {
    const steady = await trained(ticking, { seconds: 0.5, method: uniform() });
    const jumping = await trained((look) => ticking(look) - (look > 200 ? 3600 : 0), {
      seconds: 0.5,
      method: uniform(),
    });
    await Promise.all([steady.running, jumping.running]);
    for (const [k, { seconds }] of jumping.reports.entries()) {
      expect(seconds).toBeGreaterThanOrEqual(jumping.reports[k - 1]?.seconds ?? 0);
    }
    expect(Math.abs(jumping.reports.length - steady.reports.length)).toBeLessThanOrEqual(2);
  });

  it.each([-3600, 3600])('by %i s in the middle, leaves what is measured and decided as it would be', async (jump) => {
    const at = (look: number) => ticking(look) + (look > 1500 ? jump : 0);
    const method = () => importance({ scores: 'fresh' });
    const [steady, jumping] = [
      await trained(ticking, { epochs: 40, method: method() }),
      await trained(at, { epochs: 40, method: method() }),
    ];
    const history = await jumping.running;
    await steady.running;
    expect(history.explain()).not.toMatch(/NaN|Infinity|undefined/);
    const [one, two] = [steady, jumping].map(({ reports }) => reports.at(-1)!);
    expect(two.cost! / one.cost!).toBeGreaterThan(0.8);
    expect(two.cost! / one.cost!).toBeLessThan(1.25);
    expect(history.balance.uniform.steps + history.balance.importance.steps).toBe(600);
    expect(history.balance.uniform.seconds + history.balance.importance.seconds).toBeGreaterThan(0);
  });

  it('ahead, beyond the budget, ends the run', async () => {
    const { reports, running } = await trained((look) => ticking(look) + (look > 200 ? 3600 : 0), {
      ...{ seconds: 1000, method: uniform() },
    });
    const history = await running;
    expect(reports.at(-1)!.seconds).toBeGreaterThan(1000);
    expect(history.epoch.length).toBeGreaterThan(0);
  });
});
