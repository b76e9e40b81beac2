import { readdir, readFile, readlink, realpath, stat } from 'node:fs/promises';
import { sep } from 'node:path';
import { INSTALLATION_VARIABLE, RUN_VARIABLE } from './launch.ts';
import type { ProcessEntry, ProcessTable } from './process-table.ts';

/** The files of a run, by which processes are found that left its session, its parents and its environment. */
export interface RunFiles {
  /** Absolute paths of the folders that only this run uses. */
  readonly folders: readonly string[];
  /** The start time of its first process, as in the process table. */
  readonly since: string;
  /** Its variables in the environment (`NAME=value`). Processes with those of another run are not daemons of this one. */
  readonly marker: readonly string[];
}

/**
 * Variables of a login session or a service. No workbench gets them, so a process with one of them belongs to the user: for
 * example a desktop editor that has a file of the workbench open. systemd sets INVOCATION_ID for each service, and LOGNAME for
 * one with a user, as cron, su and sudo do.
 */
export const LOGIN_VARIABLES = [
  'DBUS_SESSION_BUS_ADDRESS',
  'DISPLAY',
  'INVOCATION_ID',
  'LOGNAME',
  'SSH_CONNECTION',
  'WAYLAND_DISPLAY',
  'XDG_RUNTIME_DIR',
  'XDG_SESSION_ID',
];

/**
 * Returns the processes that have their working directory or an open file in the folders of a run, for example
 * `redis-server --daemonize yes`. To spare the shells and programs of the user that do so too, a daemon
 * - was started after the run began, by the user of this server,
 * - has no terminal, and no parent but the one that adopts orphans,
 * - has no variable of a login session, of a service or of another run.
 *
 * Returns none on systems other than Linux, which do not show what these conditions need.
 */
export async function findDaemons(
  table: ProcessTable,
  candidates: readonly ProcessEntry[],
  runs: readonly RunFiles[],
): Promise<readonly ProcessEntry[]> {
  if (process.platform !== 'linux' || runs.length === 0) return [];
  const resolved = await Promise.all(
    runs.map(async (run) => ({
      ...run,
      folders: await Promise.all(run.folders.map((folder) => realpath(folder).catch(() => folder))),
    })),
  );
  const daemons = await Promise.all(
    candidates.map(async (entry) => {
      const later = resolved.filter(({ since }) => Number(entry.startTime) >= Number(since));
      if (later.length === 0 || !(await isOrphanOfUser(entry))) return undefined;
      const environment = (await table.environment(entry.pid)) ?? [];
      if (environment.some((variable) => LOGIN_VARIABLES.includes(variable.split('=', 1)[0] ?? '')))
        return undefined;
      const own = later.filter(({ marker }) => !isOfAnotherRun(environment, marker));
      const used = await listUsedPaths(entry.pid);
      const uses = (folder: string) => used.some((path) => path === folder || path.startsWith(folder + sep));
      return own.some(({ folders }) => folders.some(uses)) ? entry : undefined;
    }),
  );
  return daemons.filter((entry) => entry !== undefined);
}

/** Whether a process belongs to the user of this server, has no terminal, and lost its parent. */
async function isOrphanOfUser({ pid, parent }: ProcessEntry): Promise<boolean> {
  try {
    if (!(await adoptsOrphans(parent)) || (await stat(`/proc/${pid}`)).uid !== process.getuid?.())
      return false;
    return !hasTerminal(await readFile(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    // The process has ended, or its state cannot be read. Then it is not ended either.
    return false;
  }
}

/** The first process adopts orphans, and so does the systemd of a user's session. */
async function adoptsOrphans(pid: number): Promise<boolean> {
  return pid === 1 || (await readFile(`/proc/${pid}/comm`, 'latin1')).trim() === 'systemd';
}

/** Whether field 7 of /proc/<pid>/stat names a terminal. */
export function hasTerminal(line: string): boolean {
  const [, , , , terminal] = line.slice(line.lastIndexOf(')') + 2).split(' ');
  return terminal !== '0';
}

function isOfAnotherRun(environment: readonly string[], marker: readonly string[]): boolean {
  return environment.some(
    (variable) =>
      [RUN_VARIABLE, INSTALLATION_VARIABLE].some((name) => variable.startsWith(`${name}=`)) &&
      !marker.includes(variable),
  );
}

/** Returns the working directory and the open files of a process. */
async function listUsedPaths(pid: number): Promise<readonly string[]> {
  const names = await readdir(`/proc/${pid}/fd`).catch(() => []);
  const links = [`/proc/${pid}/cwd`, ...names.map((name) => `/proc/${pid}/fd/${name}`)];
  return Promise.all(links.map((link) => readlink(link).catch(() => '')));
}
