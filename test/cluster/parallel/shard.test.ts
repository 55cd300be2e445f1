import { describe, expect, it } from 'vitest';
import { Shard } from '../../../src/cluster/parallel/shard.ts';

describe('a shard', () => {
  it('every sample of an epoch is one member’s, and counts once, for all small sizes', () => {
    for (let length = 1; length <= 12; length++) {
      for (let size = 1; size <= 5; size++) {
        for (let batchSize = 1; batchSize <= 4; batchSize++) {
          const members = Array.from({ length: size }, (_, rank) =>
            Object.assign(new Shard(length, batchSize), { rank, size }),
          );
          const seen: number[] = [];
          let steps = 0;
          const wanted = members[0].steps;
          while (members[0].left > 0) {
            const start = members[0].done;
            const counted = members.map(({ block: { total, first, mine, counts } }) => {
              expect(mine === counts || (mine === 1 && counts === 0)).toBe(true);
              expect(first >= 0 && first + mine <= total).toBe(true);
              for (let k = 0; k < counts; k++) seen.push(start + first + k);
              return counts;
            });
            expect(counted.reduce((a, b) => a + b)).toBe(Math.min(size * batchSize, length - start));
            expect(Math.max(...counted) - Math.min(...counted)).toBeLessThanOrEqual(1);
            for (const member of members) member.advance();
            steps++;
          }
          expect(steps).toBe(wanted);
          expect(seen.sort((a, b) => a - b)).toEqual(Array.from({ length }, (_, k) => k));
        }
      }
    }
  });
});
