import type { MethodRecord } from './record.ts';

/** Whether a method that decides when importance sampling begins never began it: it trained as uniform sampling does. */
export function neverOn({ steps, switches, result }: MethodRecord): boolean {
  const decides = steps.some(({ threshold }) => threshold !== undefined);
  const used = (result?.importanceShare ?? 0) > 0 || steps.some(({ importance }) => importance > 0);
  return decides && !used && !switches.some(({ on }) => on);
}
