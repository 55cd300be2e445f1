import { cores } from '../platform.ts';
import type { RunConfig } from './events.ts';

/** What runs this page or program, as Node or the browser says it; what neither does is empty or 0. */
export function thisMachine(): RunConfig['machine'] {
  // Not imported, so that reports can be made in a browser too.
  const os = globalThis.process?.getBuiltinModule?.('node:os');
  if (os === undefined) {
    const { userAgent = '', hardwareConcurrency = 0 } = globalThis.navigator ?? {};
    return { cpu: userAgent, cores: hardwareConcurrency, threads: 0, system: '' };
  }
  const processors = os.cpus();
  return {
    cpu: processors[0]?.model.trim() ?? '',
    cores: processors.length,
    threads: cores(),
    system: `${os.platform()} ${os.arch()}`,
  };
}
