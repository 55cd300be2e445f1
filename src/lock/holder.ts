// Not imported: a bundler for browsers would follow an import, though nobody loads this file there.
const { randomBytes } = process.getBuiltinModule('node:crypto');
const { readFileSync, readlinkSync } = process.getBuiltinModule('node:fs');
const { hostname } = process.getBuiltinModule('node:os');

/** The process that a lock names. */
export interface Holder {
  readonly pid: number;
  readonly host: string;
  /** Which start of the machine and which space of process numbers; `-` where the system does not tell. */
  readonly place: string;
  /** When the process began, in ticks since then; `-` where the system does not tell. */
  readonly birth: string;
  /** When it took the lock, as ISO 8601 has it; not told by older versions. */
  readonly since?: string;
}

/** Asked for when it is needed: Deno allows it to some programs only. */
const thisHost = (): string => hostname().replace(/[^\w.-]/g, '_') || '_';

/** This process, as a new lock names it; no two are the same. */
export function myself(): string {
  const birth = stateOf(process.pid)?.birth ?? '-';
  return `${process.pid} ${thisHost()} ${place()} ${birth} ${new Date().toISOString()} ${token()}`;
}

export const token = (): string => randomBytes(6).toString('hex');

const FORM = /^(\d{1,10}) ([\w.-]+)(?: ([\w-]+) (\d+|-)(?: (\d{4}-\d\d-\d\dT[\d:.]{8,12}Z))?)? [0-9a-f]+\s*$/;

/** Whom the content of a lock names; nobody where it is empty or garbage. */
export function holderOf(content: string): Holder | undefined {
  const match = FORM.exec(content);
  if (match === null || Number(match[1]) === 0) return undefined;
  const [, pid, host, place = '-', birth = '-', since] = match;
  return { pid: Number(pid), host, place, birth, since };
}

/** A process in words. */
export function nameOf(holder: Holder | undefined): string {
  if (holder === undefined) return 'an unknown process';
  const { pid, host, since } = holder;
  const own = pid === process.pid && lifeOf(holder) === 'alive' ? ', this one,' : '';
  return `process ${pid}${own} on ${host}${since === undefined ? '' : ` since ${since.slice(0, 19).replace('T', ' ')} UTC`}`;
}

/** Whether the process still runs; unknown where this machine cannot tell. */
export function lifeOf(holder: Holder | undefined): 'alive' | 'dead' | 'unknown' {
  if (holder === undefined || holder.host !== thisHost()) return 'unknown';
  if (holder.place !== '-' && holder.place !== place()) return 'unknown';
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return 'dead';
  }
  const state = stateOf(holder.pid);
  if (state?.ended) return 'dead';
  if (holder.birth === '-' || state === undefined) return 'unknown';
  return holder.birth === state.birth ? 'alive' : 'dead';
}

function place(): string {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
    return `${boot}-${readlinkSync('/proc/self/ns/pid').replace(/\D/g, '')}`;
  } catch {
    return '-';
  }
}

/** Of a process on Linux, fields 3 and 22 of `/proc/<pid>/stat`; the name before them may hold anything. */
function stateOf(pid: number): { readonly ended: boolean; readonly birth: string } | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return /^\d+$/.test(fields[19]) ? { ended: /[ZX]/.test(fields[0]), birth: fields[19] } : undefined;
  } catch {
    return undefined;
  }
}
