import { describe, expect, it } from 'vitest';
import { compareError, compareLoss, scatter } from '../../src/report/noise.ts';
import { type PointEvent, type RunEvent, toRecord } from '../../src/report/record.ts';
import { resultRows } from '../../src/report/results.ts';
import { summary } from '../../src/report/summary.ts';
import { config, events, points, steps } from './fixture.ts';

const text = (told: RunEvent[], over = {}) => summary(toRecord({ ...config, ...over }, told)).join(' ');

describe('summary', () => {
  it('says who is ahead, what is noise, when and why it switched on', () => {
    expect(text(events)).toBe(
      'importance and uniform reached a test error of 2.14 % or less (2.00 % and a standard error) side by side, after 10 s. ' +
        'After 10 s of training each, uniform has a test error of 2.00 % and a training loss of 0.0200. ' +
        'Test error: importance (1.90 %, 0.950 × uniform) is within the noise of this run. ' +
        'Training loss: importance (0.0100, 0.500 × uniform) is ahead of uniform. ' +
        'Importance sampling was switched on after 5.1 s by importance (τ 1.51 exceeds 1.50, the threshold given). ' +
        'One run of each with seed 1: a small difference may turn around with another seed.',
    );
  });

  it('says that a method is behind, that it never switched on, that a run was stopped or killed', () => {
    const behind = [...points('uniform', 0.02, 0.02), ...points('importance', 0.2, 0.2)];
    expect(text(behind)).toContain('Training loss: importance (0.200, 10.0 × uniform) is behind uniform.');
    expect(text(behind)).toContain('Test error: importance (20.0 %, 10.0 × uniform) is behind uniform.');
    expect(text(behind)).toMatch(/^The run has not come to its end: 10 s of 10 s each are recorded\. /);
    const seeded = { seeds: [1, 2, 3] };
    expect(text([...behind, { type: 'end', seed: 1, reason: 'done' }], seeded)).toMatch(
      /^The run has not come to its end: 1 of 3 seeds have\. /,
    );
    expect(text([...behind, { type: 'end', reason: 'stopped' }])).toContain(
      'The run was stopped after 10 s of 10 s each.',
    );
    const off = events.filter(({ type }) => type !== 'switch');
    expect(text(off)).toContain(
      'importance never switched importance sampling on: at the end a step by importance was worth 3.28 uniform ones and cost 2.05.',
    );
    // What was worth more than it cost was off for another reason, and that is said.
    const by = (against: 'worth' | 'memorised' | 'resists' | 'unknown') =>
      text(off.map((event) => (event.type === 'step' ? { ...event, against } : event)));
    expect(by('memorised')).toContain('worth 3.28 uniform ones and cost 2.05; but what was left was memorising');
    expect(by('resists')).toContain(
      'cost 2.05; but most of what would be drawn hardly gets better from one visit to the next.',
    );
    expect(by('unknown')).toContain('too little was seen to tell whether what would be drawn gets better by training.');
    expect(by('worth')).toContain('cost 2.05, too little above it to begin.');
    const byTau = off.map((event) => (event.type === 'step' ? { ...event, worth: undefined } : event));
    expect(text(byTau)).toContain(
      'importance never switched importance sampling on: at the end τ was 1.99, and 1.50 was needed.',
    );
    expect(text([])).toBe('Nothing has been measured yet.');
  });

  it('gives a method that was never on no lead: it trained as uniform did', () => {
    const faster = [...points('uniform', 0.02, 0.02), ...points('importance', 0.005, 0.005)];
    const never: RunEvent[] = [
      ...faster,
      ...steps('importance', true).map((event) => ({ ...event, importance: 0 }) as RunEvent),
      { type: 'end', reason: 'done' },
    ];
    expect(text(never)).toMatch(
      /^importance was never on: both trained uniformly, importance 1,000 steps and uniform 1,000\. /,
    );
    expect(text(never)).toContain('Test error: importance (0.500 %, 0.250 × uniform) trained uniformly too.');
    expect(text(never)).not.toMatch(/ahead|behind/);
    // One that was on, if only for some steps, or that has nothing to decide, is compared.
    const once = never.map((event, k) => (k === 40 ? { ...event, importance: 0.1 } : event));
    expect(text(once as RunEvent[])).toMatch(/^importance is .* ahead of uniform/);
    // Whoever was ahead is named first.
    const calm = never.map((event) =>
      'method' in event && event.method === 'importance' ? { ...event, method: 'calm' } : event,
    );
    const two = [
      ...calm.slice(0, -1),
      ...points('importance', 0.005, 0.005),
      ...steps('importance', true),
      { type: 'end', reason: 'done' },
    ] as RunEvent[];
    expect(text(two)).toMatch(/^importance is .* ahead of uniform.*; calm was never on/);
    const plain = never.filter(({ type }) => type !== 'step');
    expect(text(plain)).toMatch(/^importance is .* ahead of uniform/);
  });

  it('says how long each was trained where that is not the same', () => {
    const late = points('importance', 0.01, 0.019).slice(0, 5);
    const killed = [...points('uniform', 0.02, 0.02), ...late];
    expect(text(killed)).toContain('The run has not come to its end: 4 s to 10 s of 10 s each are recorded.');
    expect(text(killed)).toContain('After 10 s of training (importance 4 s), uniform has');
    const alone = [...points('a', 0.02, 0.02), ...late];
    expect(text(alone)).toContain('By test error after 4 s to 10 s of training each: a (2.00 %)');
  });

  it('says of rates of uniform that one made far more steps than another in the same time', () => {
    const rate = (name: string, pace: number) =>
      points(name, 0.02, 0.02).map((point) => ({ ...point, step: pace * (point as PointEvent).step }) as RunEvent);
    expect(text([...rate('uniform, rate 0.1', 1), ...rate('uniform, rate 0.2', 3)])).toContain(
      'They differ in steps too: 1,000 steps by uniform, rate 0.1; 3,000 steps by uniform, rate 0.2.',
    );
    expect(text([...rate('uniform, rate 0.1', 1), ...rate('uniform, rate 0.2', 2)])).not.toContain('differ in steps');
  });

  it('counts one step as one', () => {
    const [first, second] = points('importance', 0.01, 0.019).slice(0, 2);
    const one = [first, { ...second, step: 1 } as RunEvent];
    expect(text(one, { kind: 'train' })).toContain('and 1 step importance has');
  });

  it('sends the reader of one seed among several to what holds over all', () => {
    const both = [...events, { type: 'end', seed: 1, reason: 'done' }, { type: 'end', seed: 2, reason: 'done' }];
    expect(text(both as RunEvent[], { seeds: [1, 2] })).toMatch(
      /with another seed; what holds over all 2 is said above\.$/,
    );
  });

  it('names no winner where there are too few points', () => {
    const few = [points('uniform', 0.02, 0.02), points('importance', 0.01, 0.01)].flatMap((curve) => [
      curve[0],
      curve[10],
    ]);
    expect(text(few)).toContain('too few points to tell a difference from noise');
  });
});

describe('noise', () => {
  const curve = (losses: number[]): PointEvent[] =>
    losses.map((trainLoss, k) => ({ type: 'point', method: 'm', seconds: k, step: k, epoch: k, trainLoss }));

  it('is the standard deviation of ln(loss) about its line', () => {
    // ln loss = −0.1 k ± 0.2 in turns: about the least-squares line of six such points.
    const noisy = curve([0, 1, 2, 3, 4, 5].map((k) => Math.exp(-0.1 * k + (k % 2 === 0 ? 0.2 : -0.2))));
    const slope = (0.2 * -3) / 17.5;
    const residuals = [0, 1, 2, 3, 4, 5].map((k) => (k % 2 === 0 ? 0.2 : -0.2) - slope * (k - 2.5));
    expect(scatter(noisy)).toBeCloseTo(Math.sqrt(residuals.reduce((sum, r) => sum + r * r, 0) / 4), 12);
    expect(scatter(curve([5, 4, 3]))).toBeUndefined();
  });

  it('tells a difference from scatter', () => {
    const flat = curve([1, 1.1, 0.9, 1.1, 0.9, 1]);
    expect(compareLoss(curve([1, 1, 1, 1, 1, 0.9]), flat)?.verdict).toBe('within noise');
    expect(compareLoss(curve([0.3, 0.3, 0.3, 0.3, 0.3, 0.3]), flat)?.verdict).toBe('better');
    expect(compareLoss(curve([3, 3, 3, 3, 3, 3]), flat)?.verdict).toBe('worse');
  });

  it('takes two standard errors on the test samples', () => {
    const error = (testError: number): PointEvent[] => [{ ...curve([1])[0], testError }];
    // 2 √(0.02·0.98·2/10,000) = 0.004: 1.7 % is within of 2 %, 1.5 % is not.
    expect(compareError(error(0.017), error(0.02), 10_000)?.verdict).toBe('within noise');
    expect(compareError(error(0.015), error(0.02), 10_000)?.verdict).toBe('better');
    expect(compareError(error(0.015), error(0.02), 100)?.verdict).toBe('within noise');
  });

  it('is the same for the method as for uniform, with as few errors as there may be', () => {
    const wrong = (n: number): PointEvent[] => [{ ...curve([1])[0], testError: n / 120 }];
    const verdicts = (one: number, other: number) =>
      [
        [one, other],
        [other, one],
      ].map(([mine, its]) => compareError(wrong(mine), wrong(its), 120)?.verdict);
    const noise = ['within noise', 'within noise'];
    for (const [few, many] of [
      [2, 5],
      [0, 1],
      [0, 5],
      [1, 7],
      [2, 9],
      [0, 0],
    ])
      expect(verdicts(few, many)).toEqual(noise);
    // The fewest that McNemar's exact test tells at 5 % where no sample is wrong by both.
    for (const [few, many] of [
      [0, 6],
      [1, 8],
      [2, 10],
    ])
      expect(verdicts(few, many)).toEqual(['better', 'worse']);
    expect(compareError(wrong(6), wrong(0), 120)?.ratio).toBe(Infinity);
    expect(compareLoss(curve([3, 3, 3, 3]), curve([1, 1, 1, 1]))?.noise).toBe(
      compareLoss(curve([1, 1, 1, 1]), curve([3, 3, 3, 3]))?.noise,
    );
  });
});

describe('resultRows', () => {
  it('takes the share of importance steps of a killed run from its steps', () => {
    const killed = events.filter(({ type }) => type !== 'result' && type !== 'end');
    const [uniform, importance] = resultRows(toRecord(config, killed));
    expect(uniform.importanceShare).toBe(0);
    expect(importance.importanceShare).toBeCloseTo(0.5, 10);
    expect(importance.seconds).toBe(10);
  });
});
