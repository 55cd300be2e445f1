import { appendFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { withLock } from '../../src/lock/with-lock.ts';

/** Takes a lock, says so, writes to a log when it comes and goes, and keeps the lock for some milliseconds. */
const [lock, log, milliseconds] = process.argv.slice(2);
await withLock(lock, async () => {
  appendFileSync(log, 'in ');
  console.log('held');
  await sleep(Number(milliseconds));
  appendFileSync(log, 'out ');
});
