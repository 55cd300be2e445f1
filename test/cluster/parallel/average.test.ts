import { describe, expect, it } from 'vitest';
import { average } from '../../../src/cluster/parallel/average.ts';
import { nesterov } from '../../../src/cluster/parallel/outer.ts';
import { Random } from '../../../src/sampling/random.ts';

describe('the mean of members', () => {
  it('is that of all their samples, however these are dealt out', () => {
    const samples = Array.from({ length: 6 }, (_, k) => [k * k - 3, 1 / (k + 1)]);
    const mean = (some: number[][]) =>
      some[0]?.map((_, j) => some.reduce((sum, one) => sum + one[j], 0) / some.length) ?? [0, 0];
    // All ways to give six samples to three members.
    for (let way = 0; way < 3 ** 6; way++) {
      const parts = [0, 1, 2].map((member) => {
        const own = samples.filter((_, k) => Math.floor(way / 3 ** k) % 3 === member);
        return { samples: own.length, values: Float32Array.from(mean(own)) };
      });
      const found = average(parts);
      for (const [j, value] of mean(samples).entries()) expect(found[j]).toBeCloseTo(value, 5);
    }
  });

  it('leaves out what counts for nothing, whatever it is', () => {
    const parts = [
      { samples: 0, values: Float32Array.of(1e30) },
      { samples: 2, values: Float32Array.of(3) },
    ];
    expect([...average(parts)]).toEqual([3]);
  });
});

describe('the outer step', () => {
  it('is PyTorch’s SGD with Nesterov momentum on before − mean', () => {
    // torch.optim.SGD([p], lr=0.7, momentum=0.9, nesterov=True), p = 1, gradients 1, 0.5, −2: by hand,
    // buf = g, then 0.9 buf + g; step −0.7 (g + 0.9 buf).
    const velocity = new Float32Array(1);
    let at = Float32Array.of(1);
    let buffer = 0;
    let wanted = 1;
    for (const [k, gradient] of [1, 0.5, -2].entries()) {
      at = nesterov(at, Float32Array.of(at[0] - gradient), velocity) as Float32Array<ArrayBuffer>;
      buffer = k === 0 ? gradient : 0.9 * buffer + gradient;
      wanted -= 0.7 * (gradient + 0.9 * buffer);
      expect(at[0]).toBeCloseTo(wanted, 5);
    }
  });

  it('with rate 1 and no momentum is the mean', () => {
    const random = new Random(3);
    const [before, mean] = [0, 1].map(() => Float32Array.from({ length: 20 }, () => random.uniform()));
    const after = nesterov(before, mean, new Float32Array(20), { rate: 1, momentum: 0 });
    for (let k = 0; k < 20; k++) expect(after[k]).toBeCloseTo(mean[k], 6);
  });
});
