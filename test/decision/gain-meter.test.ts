import { describe, expect, it } from 'vitest';
import { GainMeter, type Probe } from '../../src/decision/gain-meter.ts';
import { distribution } from '../../src/sampling/distribution.ts';
import { Random } from '../../src/sampling/random.ts';
import { type ResamplerName, resampler, resamplers } from '../../src/sampling/resamplers.ts';
import { moments } from '../support/statistics.ts';

const dimensions = 3;
const batch = 8;
const names = Object.keys(resamplers) as ResamplerName[];

/** Gradients of all samples there are: lengths between 0.1 and 4 about, with a mean that is not zero. */
function gradients(seed: number, n: number, meanLength: number): Float64Array[] {
  const random = new Random(seed);
  return Array.from({ length: n }, () => {
    const size = Math.exp(0.9 * random.normal());
    return Float64Array.from({ length: dimensions }, (_, k) => size * (random.normal() + (k === 0 ? meanLength : 0)));
  });
}

const square = (v: ArrayLike<number>) => Array.from(v).reduce((sum, x) => sum + x * x, 0);
const norm = (v: ArrayLike<number>) => Math.sqrt(square(v));

function mean(vectors: readonly ArrayLike<number>[], weights?: ArrayLike<number>): Float64Array {
  const m = new Float64Array(dimensions);
  for (const [i, v] of vectors.entries())
    for (let k = 0; k < dimensions; k++) m[k] += ((weights?.[i] ?? 1) * v[k]) / vectors.length;
  return m;
}

const probeOf = (all: readonly Float64Array[]): Probe => ({
  norms: all.map(norm),
  scores: all.map(norm),
  meanSquare: square(mean(all)),
});

/** What the population says: ‖E G‖² and E‖G‖², and so E‖g_U‖² = ‖E G‖² + tr Σ / b. */
function truth(all: readonly Float64Array[]) {
  const signal = square(mean(all));
  const total = all.reduce((sum, v) => sum + square(v), 0) / all.length;
  return { signal, total, uniform: signal + (total - signal) / batch };
}

/** Samples taken independently. */
const sampleOf = (all: readonly Float64Array[], count: number, random: Random) =>
  Array.from({ length: count }, () => all[random.integer(all.length)]);

interface Setting {
  readonly resample: ResamplerName;
  readonly ratio: number;
  readonly mixture: number;
  readonly meanLength: number;
}

/** E‖g‖² of real steps from real presamples, with its standard error, beside what the meter says of them. */
function steps(all: readonly Float64Array[], { resample, ratio, mixture }: Setting, count: number) {
  const random = new Random(17);
  const { uniform, total } = truth(all);
  const probe = probeOf(all);
  const B = ratio * batch;
  const predictedSquares: number[] = [];
  const squares: number[] = [];
  const realised = new GainMeter(B);
  realised.probe(probe);
  const gains: number[] = [];
  for (let k = 0; k < count; k++) {
    const pool = sampleOf(all, B, random);
    const norms = pool.map(norm);
    const meter = new GainMeter(B);
    meter.probe(probe);
    meter.scored(norms);
    // The gain times what a uniform step of samples as long as those of this pool would have: E‖g_IS‖² in units.
    const poolSquare = norms.reduce((sum, s) => sum + s * s, 0) / B;
    const scale = (uniform / total) * poolSquare;
    predictedSquares.push(scale / meter.predicted({ presample: B, batch, mixture, resample }));
    const { rows, weights } = resampler(resample)(distribution(norms, { mixture }), batch, random);
    const drawn = Array.from(rows, (row) => pool[row]);
    squares.push(square(mean(drawn, weights)));
    realised.drawn(drawn.map(norm), weights, resample, B);
    if (k >= 200 && k % 20 === 0) gains.push(1 / realised.realised(batch)!);
  }
  const { mean: real, variance } = moments(squares);
  return {
    real,
    error: Math.sqrt(variance / count),
    predicted: moments(predictedSquares).mean,
    realised: moments(gains).mean * uniform,
  };
}

const settings: Setting[] = names.flatMap((resample) =>
  [2, 3, 5, 8].flatMap((ratio) =>
    [0, 0.1, 0.5].map((mixture) => ({ resample, ratio, mixture, meanLength: mixture === 0.1 ? 0.7 : 0 })),
  ),
);

describe('the gain, against real draws of real gradients', () => {
  it.each(settings)('%o', (setting) => {
    const all = gradients(5, 300, setting.meanLength);
    const { real, error, predicted, realised } = steps(all, setting, 4000);
    // Independent draws are told exactly. That rows without replacement come independently but for their number is an
    // approximation, good to some hundredths even for b = 8.
    const tolerance = 4 * error + (setting.resample === 'multinomial' ? 0 : 0.03 * real);
    expect(Math.abs(predicted - real)).toBeLessThan(tolerance);
    expect(Math.abs(realised - real)).toBeLessThan(tolerance);
  });

  it('is far from what it would be without the noise of the presample itself', () => {
    const setting = { resample: 'multinomial', ratio: 2, mixture: 0, meanLength: 0 } as const;
    const all = gradients(5, 300, 0);
    const { real, error } = steps(all, setting, 4000);
    const { total, signal, uniform } = truth(all);
    expect(real + 8 * error).toBeLessThan(uniform);
    expect(real - 8 * error).toBeGreaterThan((total - signal) / (2 * batch));
  });
});

describe('predicted', () => {
  const plan = { presample: 40, batch: 10, mixture: 0.1, resample: 'without-replacement' } as const;
  const of = (scores: ArrayLike<number>, over: Partial<typeof plan> | { resample: ResamplerName } = {}) => {
    const meter = new GainMeter(scores.length);
    meter.scored(scores);
    return meter.predicted({ ...plan, ...over });
  };

  it('is 1 where all scores are equal, and where all are zero', () => {
    for (const resample of ['systematic', 'without-replacement'] as const) {
      expect(of(new Float32Array(40).fill(0.3), { resample })).toBeCloseTo(1, 12);
    }
    for (const resample of names) expect(of(new Float32Array(40), { resample })).toBe(1);
  });

  it('is below 1 for independent draws of equal scores, which repeat samples: 1/b against 1/b + 1/B − 1/(b B)', () => {
    const expected = 1 / 10 / (1 / 10 + 1 / 40 - 1 / 400);
    expect(of(new Float32Array(40).fill(7), { resample: 'multinomial' })).toBeCloseTo(expected, 12);
  });

  it('of a presample no larger than the batch is 1 without replacement', () => {
    expect(
      of(
        Float64Array.from({ length: 10 }, (_, i) => i),
        { presample: 10 } as object,
      ),
    ).toBeCloseTo(1, 12);
  });

  it('of one score that is not zero is B/b: all that is left is the noise of the presample', () => {
    const one = new Float64Array(40);
    one[13] = 2;
    expect(of(one, { mixture: 0 } as object)).toBeCloseTo(4, 12);
    for (const resample of names) {
      const gain = of(one, { resample });
      expect(gain > 1 && gain <= 4).toBe(true);
    }
  });

  it('grows with the presample, never beyond B/b, and is the same for c·s', () => {
    const random = new Random(3);
    const scores = Float64Array.from({ length: 800 }, () => Math.exp(2 * random.normal()));
    const meter = new GainMeter(800);
    meter.scored(scores);
    let before = 1;
    for (const ratio of [2, 3, 4, 5, 8]) {
      const gain = meter.predicted({ ...plan, batch: 100, presample: 100 * ratio });
      expect(gain).toBeGreaterThan(before);
      expect(gain).toBeLessThanOrEqual(ratio);
      before = gain;
    }
    for (const c of [1e-30, 1e30]) {
      const scaled = new GainMeter(800);
      scaled.scored(scores.map((s) => c * s));
      expect(scaled.predicted({ ...plan, batch: 100, presample: 800 })).toBeCloseTo(before, 9);
    }
  });

  it('is 1 where all of a step is signal', () => {
    const meter = new GainMeter(40);
    meter.scored(Float64Array.from({ length: 40 }, (_, i) => 1 + i));
    meter.probe({ norms: [1, 1, 1], scores: [1, 1, 1], meanSquare: 1 });
    expect(meter.predicted(plan)).toBeCloseTo(1, 12);
  });

  it('goes by the latest scores only, whatever the sizes they came in', () => {
    const random = new Random(8);
    const all = Float64Array.from({ length: 950 }, () => random.uniform());
    const meter = new GainMeter(600);
    for (let at = 0; at < 950; at += 19) meter.scored(all.subarray(at, at + 19));
    expect(Array.from(meter.scores)).toEqual(Array.from(all.subarray(350)));
    expect(meter.predicted({ ...plan, presample: 17 })).toBeCloseTo(
      of(all.subarray(933), { presample: 17 } as object),
      12,
    );
  });

  it('is ready once it has seen 64 scores', () => {
    for (const largest of [1000, 30]) {
      const meter = new GainMeter(largest);
      meter.scored(new Float64Array(63).fill(1));
      expect(meter.ready).toBe(false);
      meter.scored([1]);
      expect(meter.ready).toBe(true);
    }
  });
});

describe('what the samples drawn are like', () => {
  /** One in five is hard, and of these one in two has not given way. */
  const [before, after] = [1, 0.3].map((given) =>
    Float64Array.from({ length: 500 }, (_, i) => (i % 5 > 0 ? 0.1 : i % 2 ? 1 : given)),
  );
  const lean = (plan: { presample: number; batch: number }, mixture = 0, meter = new GainMeter(8)) => {
    meter.scored(after, { drawnBy: before });
    return meter.lean({ ...plan, mixture, resample: 'systematic' })!;
  };

  it('is the mean score of a draw by the old scores, by definition, and the part of it that resists', () => {
    const { lead, resistance } = lean({ presample: 100, batch: 20 });
    const [sum, drawn, resisting] = [0, 0, 0].map((_, part) =>
      after.reduce((total, s, i) => {
        if (part === 0) return total + s / 500;
        const share = (before[i] / before.reduce((a, c) => a + c)) * s;
        return total + (part === 1 || s === 1 ? share : 0);
      }, 0),
    );
    expect(lead).toBeCloseTo(drawn / sum, 9);
    expect(resistance).toBeCloseTo(resisting / drawn, 9);
  });

  it('has nothing that resists where nothing was trained on before, whatever it is drawn by', () => {
    const plan = { presample: 100, batch: 20, mixture: 0, resample: 'systematic' } as const;
    const meter = new GainMeter(8);
    meter.scored(after, { drawnBy: before, before: new Float64Array(500).fill(Infinity) });
    expect(meter.lean(plan)).toEqual({ lead: lean(plan).lead, resistance: 0 });
  });

  it('resists as much whatever weights the user gives: these do not say how far a sample is from being learned', () => {
    const random = new Random(5);
    const given = after.map(() => Math.exp(1.2 * random.normal()));
    // By weights of any size the share that resists is that of the same samples, here of all of them.
    const meter = new GainMeter(8);
    const stays = after.map((s, i) => given[i] * Math.max(0.6, s));
    meter.scored(stays, { drawnBy: stays, before: stays, given });
    expect(meter.lean({ presample: 100, batch: 20, mixture: 0, resample: 'systematic' })!.resistance).toBeCloseTo(
      1,
      12,
    );
  });

  it('of a presample of ten is told as surely as of one of five hundred: by all that was seen', () => {
    const [few, many] = [
      { presample: 10, batch: 2 },
      { presample: 500, batch: 100 },
    ].map((plan) => lean(plan));
    expect(few).toEqual(many);
    // The last ten by themselves would tell something else.
    const short = new GainMeter(8);
    short.scored(after.subarray(490), { drawnBy: before.subarray(490) });
    expect(short.lean({ presample: 10, batch: 2, mixture: 0, resample: 'systematic' })).not.toEqual(few);
  });

  it('is nothing beside all where draws are uniform, and unknown without scores', () => {
    expect(lean({ presample: 10, batch: 2 }, 1).lead).toBeCloseTo(1, 12);
    const plan = { presample: 10, batch: 2, mixture: 0, resample: 'systematic' } as const;
    expect(new GainMeter(8).lean(plan)).toBeUndefined();
  });
});

describe('realised', () => {
  it('is unknown before the first importance step, and 1 for weights of 1', () => {
    const meter = new GainMeter(8);
    expect([meter.variance, meter.realised(4)]).toEqual([undefined, undefined]);
    meter.drawn([1, 2, 3, 4], [1, 1, 1, 1], 'without-replacement', 8);
    expect([meter.variance, meter.realised(4)]).toEqual([1, 1]);
  });

  it('is Σ w s² / Σ (w s)² over the steps, the older the less', () => {
    const random = new Random(2);
    const meter = new GainMeter(8);
    let [uniform, drawn] = [0, 0];
    for (let step = 0; step < 60; step++) {
      const s = Array.from({ length: 4 }, () => random.uniform());
      const w = Array.from({ length: 4 }, () => 0.2 + random.uniform());
      meter.drawn(s, w, 'without-replacement', 12);
      const decay = 0.95 ** (59 - step);
      for (let i = 0; i < 4; i++) {
        uniform += decay * w[i] * s[i] ** 2;
        drawn += decay * (w[i] * s[i]) ** 2;
      }
    }
    expect(meter.variance).toBeCloseTo(uniform / drawn, 12);
    // Without a probe all of a step counts as noise.
    expect(meter.realised(4)).toBeCloseTo(uniform / drawn, 12);
    meter.probe({ norms: [1, 1, 1], scores: [1, 1, 1], meanSquare: (1 + 2 * 0.25) / 3 });
    // ‖E G‖² is a quarter of E‖G‖²: (¼ + ¾/b) ÷ (¼ + (1/V − ¼)/b).
    expect(meter.realised(4)).toBeCloseTo((0.25 + 0.75 / 4) / (0.25 + (drawn / uniform - 0.25) / 4), 12);
  });

  it('stays defined where every score is zero', () => {
    const meter = new GainMeter(8);
    meter.drawn([0, 0], [1, 1], 'multinomial', 4);
    expect(meter.realised(2)).toBeUndefined();
  });
});

describe('the noise scale', () => {
  it('is tr Σ / ‖E G‖², unbiased for its parts however few samples a probe takes', () => {
    const all = gradients(9, 400, 0.7);
    const { signal, total } = truth(all);
    const random = new Random(4);
    // The ratio of means over many probes of 16: each part of it is unbiased.
    let [squares, lengths] = [0, 0];
    for (let k = 0; k < 4000; k++) {
      const { norms, meanSquare } = probeOf(sampleOf(all, 16, random));
      const square = Array.from(norms).reduce((sum, s) => sum + s * s, 0) / 16;
      squares += square;
      lengths += (16 * meanSquare - square) / 15;
    }
    expect(lengths / squares / (signal / total)).toBeCloseTo(1, 1);
    // McCandlish et al. 2018, eq. A.2 and A.3, with batches of 1 and of n.
    const n = all.length;
    const { norms, meanSquare, scores } = probeOf(all);
    const one = Array.from(norms).reduce((sum, s) => sum + s * s, 0) / n;
    const length = (n * meanSquare - one) / (n - 1);
    const trace = (one - meanSquare) / (1 - 1 / n);
    const meter = new GainMeter(4);
    meter.probe({ norms, scores, meanSquare });
    expect(meter.noiseScale).toBeCloseTo(trace / length, 10);
    for (const b of [1, 8, 128]) {
      expect(meter.noiseShare(b)).toBeCloseTo(trace / b / (length + trace / b), 12);
      // A batch as large as the noise scale is half noise.
      expect(meter.noiseShare(meter.noiseScale!)).toBeCloseTo(0.5, 12);
    }
  });

  it('is unknown before the first probe, and no probe of less than two samples or of zeros counts', () => {
    const meter = new GainMeter(4);
    meter.probe({ norms: [1], scores: [1], meanSquare: 1 });
    meter.probe({ norms: [0, 0], scores: [0, 0], meanSquare: 0 });
    meter.probe({ norms: [Number.NaN, 1], scores: [1, 1], meanSquare: 1 });
    expect([meter.noiseScale, meter.noiseShare(8)]).toEqual([undefined, undefined]);
  });

  it('stays in its range where a probe is all noise or all signal', () => {
    const noise = new GainMeter(4);
    noise.probe({ norms: [1, 1, 1, 1], scores: [1, 1, 1, 1], meanSquare: 0.01 });
    expect([noise.noiseScale, noise.noiseShare(8)]).toEqual([Infinity, 1]);
    const signal = new GainMeter(4);
    // Regularisation can make the mean longer than any of the gradients.
    signal.probe({ norms: [1, 1], scores: [1, 1], meanSquare: 3 });
    expect([signal.noiseScale, signal.noiseShare(8)]).toEqual([0, 0]);
  });
});

it('goes on from its state as if it had not stopped', () => {
  const random = new Random(6);
  const feed = (meter: GainMeter, from: Random) => {
    const numbers = (count: number) => Array.from({ length: count }, () => 0.1 + from.uniform());
    for (let k = 0; k < 7; k++) {
      meter.scored(numbers(9));
      meter.drawn(numbers(5), numbers(5), 'multinomial', 15);
      meter.probe({ norms: numbers(6), scores: numbers(6), meanSquare: 0.4 });
    }
    const { scores, noiseScale, variance, ready } = meter;
    const plan = { presample: 15, batch: 5, mixture: 0.1, resample: 'systematic' } as const;
    return { scores, noiseScale, variance, ready, gains: [meter.realised(5), meter.predicted(plan)] };
  };
  const one = new GainMeter(20);
  feed(one, random);
  const saved = one.state();
  const frozen = structuredClone(saved);
  const two = new GainMeter(20);
  two.restore(saved);
  const place = random.state();
  const expected = feed(one, random);
  expect(saved).toEqual(frozen);
  expect(feed(two, Random.from(place))).toEqual(expected);
});

describe('the samples that would be drawn', () => {
  it.each(names)('are as hard beside all, and resist as much, as those of %s draws', (resample) => {
    const random = new Random(21);
    const before = Float64Array.from({ length: 40 }, () => random.uniform());
    const after = before.map((score) => score * (random.uniform() < 0.4 ? 1 : random.uniform()));
    const meter = new GainMeter(40);
    meter.scored(after, { drawnBy: before });
    const { lead, resistance } = meter.lean({ presample: 40, batch, mixture: 0.1, resample })!;
    const p = distribution(before, { mixture: 0.1 });
    const largest = Math.max(...after);
    const [drawn, resisting]: number[][] = [[], []];
    for (let k = 0; k < 20_000; k++) {
      const { rows } = resampler(resample)(p, batch, random);
      let [sum, stays] = [0, 0];
      for (const row of rows) {
        sum += after[row] / batch;
        if (after[row] > largest / 2 && after[row] > 0.9 * before[row]) stays += after[row] / batch;
      }
      drawn.push(sum);
      resisting.push(stays);
    }
    const average = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
    // 20,000 draws of eight: standard errors of half a hundredth.
    expect(lead).toBeCloseTo(average(drawn) / average([...after]), 1.5);
    expect(resistance).toBeCloseTo(average(resisting) / average(drawn), 1.5);
    expect(lead).toBeGreaterThan(1.1);
  });

  it('are unknown before a score, and where all are zero', () => {
    const plan = { presample: 8, batch: 4, mixture: 0.1, resample: 'systematic' } as const;
    const meter = new GainMeter(8);
    expect(meter.lean(plan)).toBeUndefined();
    meter.scored(new Float64Array(8));
    expect(meter.lean(plan)).toBeUndefined();
  });
});
