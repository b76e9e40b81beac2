import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

/** A process as the system shows it. With its start time a process id is unique within one boot. */
export interface ProcessEntry {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  readonly session: number;
  /** Opaque; two processes of one pid differ in it. On Linux the clock ticks since boot. */
  readonly startTime: string;
  /** Has ended and waits for its parent to take note. */
  readonly zombie: boolean;
}

/** The running processes of this machine. */
export interface ProcessTable {
  /** Tells start times of one boot from those of another; empty where they are times of day and need no such thing. */
  bootId(): Promise<string>;
  read(pid: number): Promise<ProcessEntry | undefined>;
  readAll(): Promise<readonly ProcessEntry[]>;
  /**
   * The environment a process was started with, each variable as `NAME=value`; undefined when the system
   * does not show it (it belongs to another user, or this is not Linux).
   */
  environment(pid: number): Promise<readonly string[] | undefined>;
}

/** Reads /proc. */
export const linuxProcesses: ProcessTable = {
  async bootId() {
    return (await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '')).trim();
  },
  async read(pid) {
    try {
      return parseStat(await readFile(`/proc/${pid}/stat`, 'latin1'));
    } catch {
      return undefined;
    }
  },
  async readAll() {
    const names = await readdir('/proc');
    const entries = await Promise.all(
      names.filter((name) => /^\d+$/.test(name)).map((name) => linuxProcesses.read(Number(name))),
    );
    return entries.filter((entry) => entry !== undefined);
  },
  async environment(pid) {
    try {
      return (await readFile(`/proc/${pid}/environ`, 'latin1')).split('\0');
    } catch {
      return undefined;
    }
  },
};

/**
 * One line of /proc/<pid>/stat. The second field, the program's name in parentheses, may itself hold spaces
 * and parentheses: the fields are counted from the last one on.
 */
export function parseStat(line: string): ProcessEntry | undefined {
  const nameEnd = line.lastIndexOf(')');
  const pid = Number.parseInt(line, 10);
  const [state, parent, group, session, ...rest] = line.slice(nameEnd + 2).split(' ');
  // Field 22, counted from 1; `rest` begins with field 7.
  const startTime = rest[15];
  if (nameEnd < 0 || !(pid > 0) || startTime === undefined) return undefined;
  return {
    pid,
    parent: Number(parent),
    group: Number(group),
    session: Number(session),
    startTime,
    zombie: state === 'Z' || state === 'X',
  };
}

const run = promisify(execFile);
const COLUMNS = 'pid=,ppid=,pgid=,stat=,lstart=';

/** Asks `ps`: macOS and other systems without /proc. Neither sessions nor environments are known here. */
export const psProcesses: ProcessTable = {
  async bootId() {
    return '';
  },
  async read(pid) {
    const { stdout } = await run('ps', ['-o', COLUMNS, '-p', String(pid)], psOptions).catch(() => ({
      stdout: '',
    }));
    return parsePs(stdout)[0];
  },
  async readAll() {
    const { stdout } = await run('ps', ['-axo', COLUMNS], psOptions);
    return parsePs(stdout);
  },
  async environment() {
    return undefined;
  },
};

/** The start time is kept as text and compared: its language and zone must not change. */
const psOptions = { env: { PATH: process.env.PATH ?? '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' } };

export function parsePs(output: string): readonly ProcessEntry[] {
  const entries: ProcessEntry[] = [];
  for (const line of output.split('\n')) {
    const match = /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(\S+)\s+(.+?)\s*$/.exec(line);
    if (match === null) continue;
    const [, pid, parent, group, state, startTime] = match;
    if (state === undefined || startTime === undefined) continue;
    entries.push({
      pid: Number(pid),
      parent: Number(parent),
      group: Number(group),
      session: Number(group),
      startTime,
      zombie: state.startsWith('Z'),
    });
  }
  return entries;
}

export function systemProcesses(): ProcessTable {
  return process.platform === 'linux' ? linuxProcesses : psProcesses;
}
