import { createServer, type Socket, connect as to } from 'node:net';

/** A way to a server on this machine, that can stand still for a while. */
export async function stallingProxy(port: number) {
  const pairs = new Set<Socket>();
  let stalls = false;
  const server = createServer((from) => {
    const there = to(port, '127.0.0.1');
    for (const [one, other] of [
      [from, there],
      [there, from],
    ]) {
      pairs.add(one);
      if (stalls) one.pause();
      one.pipe(other);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        pairs.delete(one);
        other.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as { port: number }).port,
    stall() {
      stalls = true;
      for (const one of pairs) one.pause();
    },
    goOn() {
      stalls = false;
      for (const one of pairs) one.resume();
    },
    async close() {
      for (const one of pairs) one.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
