import { describe, expect, it } from 'vitest';
import type { Candidate, Measured } from '../../src/advice/advice.ts';
import { codeOf, reasons } from '../../src/advice/advice-words.ts';
import { Falling } from '../../src/advice/falling.ts';
import { judge } from '../../src/advice/verdict.ts';

const common = { steps: 1000, epochs: 5, seconds: 10, importanceShare: 0.8 };
const uniform: Candidate = { ...common, name: 'uniform', validationLoss: 0.2, importanceShare: 0 };
const stored = (rest: Partial<Candidate>): Candidate => ({ ...common, name: 'importance', options: {}, ...rest });
const fresh = (rest: Partial<Candidate>): Candidate => ({
  ...{ ...common, name: 'importance, fresh', options: { scores: 'fresh', weightPower: 1 } },
  ...rest,
});
const same = { validationLoss: 0.2, ratio: 1, low: 0.95, high: 1.05 };
const half = { validationLoss: 0.1, ratio: 0.5, low: 0.4, high: 0.6, time: 0.3 };

/** A loss that falls by this much a step, with scatter. */
const falling = (fall: number) => {
  const falling = new Falling();
  for (let k = 0; k < 300; k++) falling.observe(1 - fall * k + 0.01 * (-1) ** k);
  return falling;
};
const measured = (rest: Partial<Measured>): Measured => ({
  ...{
    samples: 10_000,
    judges: 2000,
    heldBack: true,
    batchSize: 50,
    planned: 60,
    seconds: 58,
    stopped: false,
    falling: falling(0),
  },
  after: { tau: 2, ess: 0.25, gain: 2.5, noiseShare: 0.9, scoring: 1e-5 },
  candidates: [uniform, stored(same), fresh(same)],
  ...rest,
});
const verdict = (rest: Partial<Measured>) => judge(measured(rest));
const words = (rest: Partial<Measured>) => reasons(measured(rest), verdict(rest)).join('\n');

describe('judge', () => {
  it('takes the best of those whose interval is below 1', () => {
    const candidates = [uniform, stored(half), fresh({ ...half, ratio: 0.4, low: 0.3, high: 0.5 })];
    expect(verdict({ candidates })).toEqual({ pays: true, conclusive: true, best: candidates[2] });
    const uncertain = [uniform, stored(half), fresh({ ...half, ratio: 0.4, low: 0.1, high: 1.2 })];
    expect(verdict({ candidates: uncertain }).best).toBe(uncertain[1]);
  });

  it('does not take what is less than 2 %, failed, or was not importance sampling', () => {
    for (const rest of [
      { ...same, ratio: 0.985, low: 0.98, high: 0.99 },
      { ...half, importanceShare: 0, ratio: 0.9, low: 0.92, high: 0.95 },
      { ...half, failed: 'the loss is not finite' },
    ]) {
      expect(verdict({ candidates: [uniform, stored(rest), fresh(same)] })).toMatchObject({ pays: false });
    }
  });

  it('is not conclusive before stored scores have begun, unless there is nothing to gain', () => {
    const candidates = [uniform, stored({ ...same, epochs: 1.5, importanceShare: 0 }), fresh(same)];
    expect(verdict({ candidates })).toEqual({ pays: false, conclusive: false, best: candidates[1] });
    const alike = { tau: 1.01, ess: 0.98, gain: 1.02, scoring: 1e-5 };
    expect(verdict({ candidates, after: alike })).toEqual({ pays: false, conclusive: true, best: undefined });
    // A network that learns as yet, or of which nobody knows, has scores that are alike for that alone.
    for (const still of [falling(0.01), new Falling()]) {
      const young = { candidates, after: alike, falling: still };
      expect(verdict(young)).toEqual({ pays: false, conclusive: false, best: undefined });
      expect(words(young)).toContain('which may change while the network learns.');
    }
    const long = [uniform, stored({ ...same, importanceShare: 0 }), fresh(same)];
    expect(verdict({ candidates: long, after: alike, falling: falling(0.01) }).conclusive).toBe(true);
  });

  it('is not conclusive while the interval may hide a gain, or nothing was compared', () => {
    const wide = [uniform, stored({ ...same, low: 0.7, high: 1.4 }), fresh(same)];
    expect(verdict({ candidates: wide })).toMatchObject({ pays: false, conclusive: false });
    expect(verdict({ candidates: [uniform, stored({ steps: 0 }), fresh({})] }).conclusive).toBe(false);
    expect(verdict({ candidates: [] }).conclusive).toBe(false);
  });
});

describe('reasons', () => {
  it('give the loss, its interval, and the time', () => {
    expect(words({ candidates: [uniform, stored(half), fresh(same)] })).toContain(
      "Importance sampling pays. After 10 s of training each, importance has a validation loss of 0.1, 0.5 of uniform's 0.2 (95 % interval 0.4 to 0.6); it is there in 0.3 of the time.",
    );
  });

  it('say what limits training', () => {
    expect(words({ falling: falling(0) })).toMatch(/The noise of its steps limits .* 90 % of a uniform step is noise/);
    const calm = { tau: 2, ess: 0.25, gain: 2.5, noiseShare: 0.1, scoring: 1e-5 };
    expect(words({ falling: falling(0.01), after: calm })).toMatch(
      /The learning rate limits .* rather than the noise .* falls by .* standard errors/,
    );
    // What is nearly all noise is not said to be limited by something else.
    expect(words({ falling: falling(0.01) })).toMatch(/makes way, noisy as its steps are: .* 90 % of a uniform step/);
    expect(words({ falling: new Falling() })).toContain('What limits training is not known after so few steps');
  });

  it('say that samples are alike, or how they differ', () => {
    expect(words({ after: { tau: 1.01, ess: 0.98, gain: 1.02, scoring: 1e-5 } })).toContain(
      'All samples are about as hard as each other: τ 1.01, an effective sample size of 98 %.',
    );
    expect(words({})).toContain('Samples differ in hardness: τ 2, an effective sample size of 25 %.');
    expect(words({ samples: 80 })).toContain('There is little to choose from: 80 samples for batches of 50.');
  });

  it('say what scoring costs', () => {
    const candidates = [uniform, stored(same), fresh({ ...same, worth: 1.2, cost: 1.5, presample: 3 })];
    expect(words({ candidates })).toContain(
      'A uniform step takes 10 ms. A step by fresh scores at B = 3b is worth 1.2 uniform ones, no more than the 1.5 whose time it takes.',
    );
    expect(words({ candidates: [uniform, stored({ ...same, stepTime: 1.7 }), fresh(same)] })).toContain(
      'A step of importance takes 1.7 times as long as a uniform one',
    );
  });

  it('say what keeping scores cost where they were not used, and give no interval of what trained alike', () => {
    const off = stored({ ...same, importanceShare: 0, stepTime: 1.07 });
    const told = words({ candidates: [uniform, off, fresh(same)] });
    expect(told).toContain(
      "importance 1 of uniform's (it trained uniformly too); importance, fresh 1 of uniform's (95 %",
    );
    expect(told).toContain(
      'it trained uniformly (its steps took 1.07 times as long, scores being kept), and would begin',
    );
    expect(told).not.toMatch(/no cost/);
  });

  it('say why an interval that excludes 1 is not counted', () => {
    const hardly = fresh({ ratio: 0.723, low: 0.576, high: 0.908, importanceShare: 0.0025 });
    const told = words({ candidates: [uniform, stored(same), hardly] });
    expect(told).toContain(
      "importance, fresh 0.723 of uniform's (it trained uniformly too, but for 0.25 % of its steps)",
    );
    expect(told).toContain(
      'importance, fresh was on in 0.25 % of its steps; less than 5 % is uniform training, so that what it differs by is chance and the time of its steps.',
    );
    expect(told).not.toContain('0.576');
    const near = fresh({ ratio: 0.88, low: 0.84, high: 0.93 });
    const luck = stored({ ratio: 0.9, low: 0.85, high: 0.95, importanceShare: 0 });
    expect(words({ candidates: [uniform, luck, near] })).toContain(
      'One that trained uniformly ended a factor of 1.11 apart from uniform by chance. importance, fresh, with an interval of 0.84 to 0.93, is not better by enough more than that.',
    );
    const little = stored({ ...same, ratio: 0.985, low: 0.98, high: 0.99 });
    expect(words({ candidates: [uniform, little, fresh(same)] })).toContain(
      'importance is better by less than the 2 % that are worth having.',
    );
    expect(words({})).not.toMatch(/by chance|worth having/);
  });

  it('say how much time is needed', () => {
    const candidates = [uniform, stored({ ...same, epochs: 1.5, importanceShare: 0 }), fresh(same)];
    const short = words({ candidates });
    expect(short).toContain('It cannot be told yet whether importance sampling pays');
    expect(short).toContain(
      '1.5 epochs of training for importance, whose scores come from the first one. 4 epochs take 160 s',
    );
    expect(words({ candidates: [uniform, stored({ ...same, low: 0.7 }), fresh(same)] })).toContain(
      'Give it 240 seconds.',
    );
    expect(words({ candidates: [], stopped: true, seconds: 3 })).toContain('It was stopped after 3 s of 60 s');
  });

  it('tell that the scores promise more than the loss shows, where they do', () => {
    const promise = 'The scores promise more than the validation loss shows';
    expect(words({})).toContain(promise);
    expect(words({ after: { tau: 1.1, ess: 0.9, gain: 1.1, scoring: 1e-5 } })).not.toContain(promise);
    expect(words({ candidates: [uniform, stored(half), fresh(same)] })).not.toContain(promise);
  });

  it('tell what failed, and why samples are scored by their loss', () => {
    expect(words({ candidates: [uniform, stored(same), fresh({ failed: 'it broke' })] })).toContain(
      'fresh failed: it broke.',
    );
    expect(words({ byLoss: 'no head' })).toContain('Samples are scored by their loss: no head.');
  });
});

describe('codeOf', () => {
  it('is the line to write', () => {
    expect(codeOf(fresh({}), 64)).toBe(
      "await fit(model, samples, { batchSize: 64, method: importance({ scores: 'fresh', weightPower: 1 }) });",
    );
    expect(codeOf(stored({}), 64)).toContain('method: importance() }');
    expect(codeOf(undefined, 64)).toContain('method: uniform() }');
  });
});

it('takes no method that was off for one that pays, nor what is no better than chance', () => {
  const off = stored({ ...half, importanceShare: 0.005 });
  expect(verdict({ candidates: [uniform, off, fresh(same)] }).pays).toBe(false);
  // One that trained uniformly, to the bit, ended at 0.9 of the loss all the same: so much is chance.
  const luck = stored({ ratio: 0.9, low: 0.85, high: 0.95, importanceShare: 0 });
  const near = fresh({ validationLoss: 0.18, ratio: 0.88, low: 0.84, high: 0.93, time: 0.7 });
  expect(verdict({ candidates: [uniform, luck, near] }).pays).toBe(false);
  expect(verdict({ candidates: [uniform, stored(same), near] }).pays).toBe(true);
  expect(verdict({ candidates: [uniform, luck, fresh(half)] }).best?.name).toBe('importance, fresh');
});
