import { spawn } from 'node:child_process';

export interface GatedProcessOptions {
  /** Absolute path of the program. */
  readonly file: string;
  readonly args: readonly string[];
  /** Working directory, which must exist. */
  readonly folder: string;
  /** The whole environment: nothing is inherited. */
  readonly environment: Readonly<Record<string, string>>;
  /** An open file descriptor for stdout and stderr. */
  readonly output: number;
}

/** How a process ended: with an exit code or by a signal. */
export interface Ending {
  readonly code: number | null;
  readonly signal: string | null;
}

export interface GatedProcess {
  readonly pid: number;
  /** Lets the program begin; without it, it never does. */
  release(): void;
  /** Shuts the gate for good: a program that has not begun ends. */
  abandon(): void;
  /** Resolves when the process has ended; never rejects. */
  readonly ended: Promise<Ending>;
}

/**
 * Waits for one line and becomes the program; end of input, which the end of this server brings about however
 * it comes, ends it instead. So the server can write down whom it has started before anything is started.
 */
const GATE = 'IFS= read -r word && [ "$word" = go ] && exec "$@" </dev/null';

/**
 * Starts a process that leads a group and a session of its own and waits at the gate.
 * @throws the system's error (ENOENT, EAGAIN, …) when it could not be started
 */
export async function spawnGated(options: GatedProcessOptions): Promise<GatedProcess> {
  const { file, args, folder, environment, output } = options;
  const child = spawn('/bin/sh', ['-c', GATE, 'gate', file, ...args], {
    cwd: folder,
    env: environment,
    detached: true,
    stdio: ['pipe', output, output],
  });
  const ended = new Promise<Ending>((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal }));
  });
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', reject);
  });
  child.on('error', () => {});
  const { pid, stdin } = child;
  if (pid === undefined || stdin === null)
    throw new Error('the system started a process without an id or an input');
  // It may end before it has read the word.
  stdin.on('error', () => {});
  return { pid, ended, release: () => stdin.end('go\n'), abandon: () => stdin.destroy() };
}
