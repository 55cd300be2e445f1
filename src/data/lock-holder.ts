import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/** The process that a lock names. */
export interface Holder {
  readonly pid: number;
  readonly host: string;
  /** Which start of the machine and which space of process numbers; `-` where the system does not tell. */
  readonly place: string;
  /** When the process began, in ticks since then; `-` where the system does not tell. */
  readonly birth: string;
}

const HOST = hostname().replace(/[^\w.-]/g, '_') || '_';

/** This process, as a lock names it. */
export function myself(): string {
  return `${process.pid} ${HOST} ${place()} ${stateOf(process.pid)?.birth ?? '-'}`;
}

/** Whom the content of a lock names; nobody where it is empty or garbage. */
export function holderOf(content: string): Holder | undefined {
  const match = /^(\d{1,10}) ([\w.-]+)(?: ([\w-]+) (\d+|-))? [0-9a-f]+\s*$/.exec(content);
  if (match === null || Number(match[1]) === 0) return undefined;
  return { pid: Number(match[1]), host: match[2], place: match[3] ?? '-', birth: match[4] ?? '-' };
}

/** Whether the process still runs; unknown where this machine cannot tell. */
export function lifeOf(holder: Holder | undefined): 'alive' | 'dead' | 'unknown' {
  if (holder === undefined || holder.host !== HOST) return 'unknown';
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
