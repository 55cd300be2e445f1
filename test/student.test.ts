import { expect, test } from 'vitest';
import { studentQuantile } from '../src/student.ts';

test('quantiles are those of the tables, for any number of degrees of freedom', () => {
  // R: qt(0.975, df)
  const table = [
    [1, 12.7062],
    [2, 4.3027],
    [3, 3.1824],
    [9, 2.2622],
    [10, 2.2281],
    [11, 2.201],
    [12, 2.1788],
    [19, 2.093],
    [20, 2.086],
    [29, 2.0452],
    [60, 2.0003],
    [120, 1.9799],
    [1000, 1.9623],
  ];
  for (const [degrees, quantile] of table) expect(studentQuantile(degrees)).toBeCloseTo(quantile, 4);
});

test('it falls towards the normal one and never below', () => {
  const all = Array.from({ length: 300 }, (_, k) => studentQuantile(k + 1));
  for (let k = 1; k < all.length; k++) expect(all[k]).toBeLessThan(all[k - 1]);
  expect(studentQuantile(100_000)).toBeGreaterThan(1.959964);
});
