import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** What a process occupies, MiB. */
export interface ProcessMemory {
  /** The resident set: now, and the largest since the start. */
  readonly resident: number;
  readonly peak: number;
}

let ticksPerSecond: number | undefined;

/** Returns the processor time of a process since its start, without its children, milliseconds. Linux only. */
export function readCpuMs(pid: number): number {
  ticksPerSecond ??= Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The name of the program, in parentheses, may contain spaces.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [user, system] = [fields[11], fields[12]].map(Number);
  if (user === undefined || system === undefined || Number.isNaN(user + system))
    throw new Error(`/proc/${pid}/stat has an unknown format: ${stat}`);
  return ((user + system) * 1000) / ticksPerSecond;
}

/** Linux only. */
export function readMemory(pid: number): ProcessMemory {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const mib = (name: string) => {
    const kib = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1];
    if (kib === undefined) throw new Error(`/proc/${pid}/status has no ${name}`);
    return Number(kib) / 1024;
  };
  return { resident: mib('VmRSS'), peak: mib('VmHWM') };
}
