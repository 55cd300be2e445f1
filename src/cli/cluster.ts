import { Command } from 'commander';
import { clean } from '../cluster/clean.ts';
import { shownUrl } from '../cluster/redis-client.ts';
import { printable } from '../printable.ts';
import type { Io } from './io.ts';
import { redisOption, requiredServer, runOption } from './redis-options.ts';

/** `unequal cluster clean`. */
export function clusterCommand(io: Io): Command {
  const command = new Command('cluster').description('what runs leave on a server');
  command.addCommand(
    new Command('clean')
      .description('remove all keys of a run, or of a sweep, from the server')
      .addOption(redisOption())
      .addOption(runOption().default('default'))
      .action(async ({ redis, run }: { redis?: string; run: string }) => {
        const url = requiredServer(redis);
        const count = await clean(url, run);
        io.stdout.write(`${count} keys of the run ${printable(run)} removed from ${shownUrl(url)}\n`);
      }),
  );
  return command;
}
