import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Random } from '../../src/sampling/random.ts';
import type { Message, Report, Work } from './driver.ts';
import { families } from './families.ts';
import { outcomeOf } from './family.ts';

/** The trials of a family from one on, in a process of its own, which tells the outcomes to the one that started it. */
const { name, seed, from, to, each } = JSON.parse(process.argv[2]) as Work;
/** Milliseconds between two reports. */
const often = 500;
/** KiB that a process of a family with readers may take. */
const memory = 2 ** 20;

const stray: unknown[] = [];
process.on('uncaughtException', (error) => stray.push(error));
process.on('unhandledRejection', (error) => stray.push(error));
const family = families.find((one) => one.name === name)!;
const folder = mkdtempSync(join(tmpdir(), 'unequal-campaign-'));
process.on('exit', () => {
  family.end?.();
  rmSync(folder, { recursive: true, force: true });
});
process.on('disconnect', () => process.exit(1));
const tell = (message: Message) => new Promise<void>((resolve) => process.send!(message, () => resolve()));
/** What nobody waits for has its errors then. */
const turn = () => new Promise((resolve) => setImmediate(resolve));

const random = new Random(seed).fork(name);
const trial = await family.start(folder).catch(async (error) => {
  await tell({ cannot: error.stack });
  return process.exit(1);
});
if (typeof trial === 'string') await tell({ skipped: trial });
else {
  await tell({ started: true });
  let report: Report = { next: from, counts: {}, bad: [] };
  let told = performance.now();
  for (let k = from; k < to; k++) {
    const { outcome, detail } = await outcomeOf(async (random) => {
      stray.length = 0;
      const result = await trial(random);
      await turn();
      if (stray.length > 0) throw stray[0];
      return result;
    }, random.fork(k));
    if (family.bounded && process.resourceUsage().maxRSS > memory) {
      await tell(report);
      await tell({ full: k });
      break;
    }
    const isBad = outcome !== 'ok' && outcome !== 'refused';
    report = {
      next: k + 1,
      counts: { ...report.counts, [outcome]: (report.counts[outcome] ?? 0) + 1 },
      bad: isBad ? [...report.bad, { k, outcome, detail }] : report.bad,
    };
    if (!each && !isBad && k < to - 1 && performance.now() - told < often) continue;
    await tell(report);
    told = performance.now();
    report = { next: k + 1, counts: {}, bad: [] };
  }
}
process.exit(0);
