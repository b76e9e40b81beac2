import { readdir, readFile } from 'node:fs/promises';

interface LiveProcess {
  readonly pid: number;
  readonly parent: number;
  readonly command: string;
  readonly environment: readonly string[];
}

/** Reads /proc without the code of the product, which is under test. */
async function listProcesses(): Promise<readonly LiveProcess[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const found = await Promise.all(pids.map(readProcess));
  return found.filter((process) => process !== undefined);
}

async function readProcess(pid: number): Promise<LiveProcess | undefined> {
  try {
    const [status, command, environment] = await Promise.all(
      ['status', 'cmdline', 'environ'].map((file) => readFile(`/proc/${pid}/${file}`, 'latin1')),
    );
    if (status === undefined || /^State:\s+[ZX]/m.test(status)) return undefined;
    return {
      pid,
      parent: Number(/^PPid:\s+(\d+)/m.exec(status)?.[1]),
      command: (command ?? '').replaceAll('\0', ' '),
      environment: (environment ?? '').split('\0'),
    };
  } catch {
    // The process has ended or belongs to another user.
    return undefined;
  }
}

/** Returns the processes that have this variable (`NAME=value`) in their environment. */
export async function findProcessesByEnvironment(variable: string): Promise<readonly number[]> {
  const all = await listProcesses();
  return all.filter(({ environment }) => environment.includes(variable)).map(({ pid }) => pid);
}

/**
 * As `findProcessesByEnvironment`, without the reporters of activity, which start other programs every minute.
 * @param text returns only the processes that have it in their command line. Without it, what a reporter had started may be
 *   among them for a moment when its workbench is stopped
 */
export async function findProgramsByEnvironment(variable: string, text = ''): Promise<readonly number[]> {
  const all = (await listProcesses()).filter(({ environment }) => environment.includes(variable));
  const reporters = all.filter(({ command }) => command.includes('activity.sh')).map(({ pid }) => pid);
  return all
    .filter(({ pid, parent }) => !reporters.includes(pid) && !reporters.includes(parent))
    .filter(({ command }) => command.includes(text))
    .map(({ pid }) => pid);
}

/** Returns a process, if it exists, and all its descendants. */
export async function processTreeOf(pid: number): Promise<readonly LiveProcess[]> {
  const all = await listProcesses();
  const below = (parent: number): LiveProcess[] =>
    all.filter((child) => child.parent === parent).flatMap((child) => [child, ...below(child.pid)]);
  return [...all.filter((process) => process.pid === pid), ...below(pid)];
}
