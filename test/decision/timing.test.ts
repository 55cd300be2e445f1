import { describe, expect, it } from 'vitest';
import { Costs } from '../../src/decision/costs.ts';
import { Timing } from '../../src/decision/timing.ts';

const b = 32;

/** Steps of 1 s a sample and passes of a third, as a trainer would record them; the share of steps that were for timing. */
function run(steps: number, { on, inOnePass }: { on: boolean; inOnePass: boolean }) {
  const costs = new Costs(inOnePass);
  const timing = new Timing(true, costs);
  let count = 0;
  for (let step = 0; step < steps; step++) {
    const due = timing.due(on, 3);
    if (due) count++;
    if (on === due) costs.recordStep(b, b);
    else if (inOnePass) costs.recordIteration(3 * b, b, b * (3 / 3 + 2 / 3));
    else {
      costs.recordForward(3 * b, b);
      costs.recordStep(b, b);
    }
  }
  return { count, cost: costs.relative(3) };
}

describe('costs that are measured', () => {
  it('are known after a few steps of the other kind, and kept fresh by few: at most a hundredth of the time', () => {
    for (const inOnePass of [true, false]) {
      const early = run(40, { on: false, inOnePass });
      expect(early.cost).toBeCloseTo(inOnePass ? 5 / 3 : 2, 6);
      expect(early.count).toBeLessThan(10);
      const { count } = run(20000, { on: false, inOnePass });
      expect(count).toBeGreaterThan(20);
      expect(count).toBeLessThan(200);
    }
  });

  it('need no step of the other kind while on in two passes, each of which tells its own time', () => {
    expect(run(1000, { on: true, inOnePass: false }).count).toBe(0);
    expect(run(5000, { on: true, inOnePass: true }).count).toBeGreaterThan(0);
  });
});

it('costs that are assumed are never timed', () => {
  const timing = new Timing(false, new Costs());
  for (let step = 0; step < 1000; step++) expect(timing.due(step % 2 === 0, 3)).toBe(false);
});

it('goes on from its state', () => {
  const costs = new Costs(true);
  const [one, two] = [new Timing(true, costs), new Timing(true, costs)];
  for (let step = 0; step < 7; step++) one.due(false, 3);
  two.restore(structuredClone(one.state()));
  for (let step = 0; step < 20; step++) expect(two.due(false, 3)).toBe(one.due(false, 3));
});
