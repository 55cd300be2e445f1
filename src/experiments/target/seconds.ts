/** Seconds of the machine's monotonic clock. */
export const wallSeconds = (): number => performance.now() / 1000;

/**
 * Seconds that processors have worked for this process, in which one thread works at a time: about what it would take on a
 * machine that does nothing else.
 */
export function processorSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}
