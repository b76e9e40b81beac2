import { execFile } from 'node:child_process';
import { closeSync, openSync, readSync } from 'node:fs';
import { open, readdir } from 'node:fs/promises';
import { setImmediate } from 'node:timers/promises';
import { promisify } from 'node:util';

/** A process of the system. Process id and start time together are unique within one boot. */
export interface ProcessEntry {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  readonly session: number;
  /** Opaque. Two processes with the same pid have different start times. On Linux: clock ticks since boot. */
  readonly startTime: string;
  /** Whether the process has ended and was not yet reaped by its parent. */
  readonly zombie: boolean;
}

/** The processes of this computer. */
export interface ProcessTable {
  /** Returns an id of the current boot, or '' where start times are absolute and need none. */
  bootId(): Promise<string>;
  read(pid: number): Promise<ProcessEntry | undefined>;
  readAll(): Promise<readonly ProcessEntry[]>;
  /**
   * Returns the environment that a process was started with, each variable as `NAME=value`. Undefined when the
   * system does not show it: the process belongs to another user, or the system is not Linux.
   */
  environment(pid: number): Promise<readonly string[] | undefined>;
}

/** Processes that are read without a pause for requests: about a millisecond. */
const READS_PER_TURN = 64;

/** Reads /proc. */
export const linuxProcesses: ProcessTable = {
  async bootId() {
    return (await readProcFile('/proc/sys/kernel/random/boot_id').catch(() => '')).trim();
  },
  async read(pid) {
    try {
      return parseStat(readProcFileSync(`/proc/${pid}/stat`));
    } catch {
      return undefined;
    }
  },
  async readAll() {
    const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
    const entries: ProcessEntry[] = [];
    for (const [index, pid] of pids.entries()) {
      if (index % READS_PER_TURN === 0) await setImmediate();
      const entry = await linuxProcesses.read(pid);
      if (entry !== undefined) entries.push(entry);
    }
    return entries;
  },
  async environment(pid) {
    try {
      return (await readProcFile(`/proc/${pid}/environ`)).split('\0');
    } catch {
      return undefined;
    }
  },
};

/**
 * Parses a line of /proc/<pid>/stat. The second field is the program's name in parentheses. It may contain spaces
 * and parentheses, so the other fields are counted from the last closing parenthesis.
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

/** Uses `ps`, for macOS and other systems without /proc. It provides neither sessions nor environments. */
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

/** Start times are compared as text, so that language and time zone must be fixed. */
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

/**
 * The bytes of one read: more than most files of a process contain. For a file of /proc, which reports no size, `readFile`
 * of Node.js allocates 64 KiB outside of the heap. The start of a workbench reads a file of every process of the computer:
 * for 300 processes 20 MB.
 */
const CHUNK_BYTES = 4096;

/** Reads a file of /proc. */
export async function readProcFile(path: string): Promise<string> {
  const file = await open(path);
  try {
    const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
    let text = '';
    for (;;) {
      const { bytesRead } = await file.read(chunk, 0, CHUNK_BYTES, null);
      if (bytesRead === 0) return text;
      text += chunk.toString('latin1', 0, bytesRead);
    }
  } finally {
    await file.close();
  }
}

const sharedChunk = Buffer.allocUnsafe(CHUNK_BYTES);

/**
 * Reads a file of /proc within this turn of the event loop, which takes a tenth of the processor time and no memory. Only
 * for files that the kernel writes without a lock of the process, such as `stat`: a process that hangs would block this one.
 */
export function readProcFileSync(path: string): string {
  const file = openSync(path, 'r');
  try {
    let text = '';
    for (;;) {
      const bytes = readSync(file, sharedChunk, 0, CHUNK_BYTES, null);
      if (bytes === 0) return text;
      text += sharedChunk.toString('latin1', 0, bytes);
    }
  } finally {
    closeSync(file);
  }
}
