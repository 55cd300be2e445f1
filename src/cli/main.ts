#!/usr/bin/env node
import { main } from './cli.ts';

const controller = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    // The first asks the command to write what it has and end; a second ends it at once.
    if (controller.signal.aborted) process.exit(130);
    controller.abort();
    // A worker that a run has started is told together with that run, which says so.
    if (process.channel === undefined) process.stderr.write('\nStopping; again to end at once.\n');
  });
}
// Whoever reads the output may have seen enough, as `head` does.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  process.stderr.write(`unequal: what is printed cannot be written: ${error.message}\n`);
  process.exit(1);
});
// Progress is for whoever looks; what is trained goes on without.
process.stderr.on('error', () => {});

const { stdout, stderr } = process;
process.exitCode = await main(process.argv.slice(2), { stdout, stderr, signal: controller.signal });
