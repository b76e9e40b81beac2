import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { SETTINGS } from '#contract/settings/function-settings.ts';
import { LOCAL_SETTINGS } from '#local/settings.ts';
import { eventually, waitRealStep } from '#test/contracts/eventually.ts';
import { descendantsOf, findProcessesByEnvironment } from './live-processes.ts';

const PROJECT_DIR = join(import.meta.dirname, '../..');

/** What this shell or a `.env` of the project says must not reach the server: an empty variable counts as absent. */
const NO_SETTINGS = Object.fromEntries(
  Object.keys({ ...SETTINGS, ...LOCAL_SETTINGS }).map((name) => [name, '']),
);

/** A data folder of the test's own, deleted when it ends. */
export async function createDataDir(): Promise<string> {
  const dataDir = await mkdtemp(join(tmpdir(), 'workbench-e2e-'));
  onTestFinished(() => rm(dataDir, { recursive: true, force: true }));
  return dataDir;
}

/** How a server ended: its exit code, all it printed. */
export interface ExitResult {
  readonly code: number | null;
  readonly output: string;
}

/**
 * `npm start` on free ports. It leads a process group, as it would in a terminal. When the test ends, so does it.
 */
export class LocalServer {
  readonly dataDir: string;
  readonly #npm: ChildProcess;
  readonly #exit: Promise<number | null>;
  #output = '';

  constructor(dataDir: string, settings: Readonly<Record<string, string>> = {}) {
    this.dataDir = dataDir;
    this.#npm = spawn('npm', ['start'], {
      cwd: PROJECT_DIR,
      env: {
        ...process.env,
        ...NO_SETTINGS,
        ...{ PORT: '0', WB_DATA_DIR: dataDir, WB_LOCAL_IDE: 'page' },
        ...settings,
      },
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.#npm.stdout, this.#npm.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#output += text;
      });
    }
    this.#exit = once(this.#npm, 'close').then(([code]) => code as number | null);
    onTestFinished(async ({ task }) => {
      await this.#end();
      if (task.result?.state === 'fail') console.error(`npm start printed:\n${this.#output}`);
    });
  }

  /** Starts one and waits until it has said where it is. */
  static async start(dataDir: string, settings?: Readonly<Record<string, string>>): Promise<LocalServer> {
    const server = new LocalServer(dataDir, settings);
    await server.waitForOutput('Ctrl-C ends the server');
    return server;
  }

  get output(): string {
    return this.#output;
  }

  /** Waits until it has printed this. */
  async waitForOutput(text: string): Promise<void> {
    await eventually(waitRealStep, `the server prints "${text}"`, () => {
      if (this.#npm.exitCode !== null) throw new Error(`npm start has ended:\n${this.#output}`);
      return this.#output.includes(text);
    });
  }

  /** Resolves when it has ended by itself. */
  async waitForExit(): Promise<ExitResult> {
    return { code: await this.#exit, output: this.#output };
  }

  /** Ctrl-C in a terminal: SIGINT to everything in the foreground. */
  async interrupt(): Promise<ExitResult> {
    this.#signalGroup('SIGINT');
    return await this.waitForExit();
  }

  /** `kill -9` of the server itself, not of npm and not of the workbenches. */
  async kill(): Promise<ExitResult> {
    process.kill(await this.#findServerPid(), 'SIGKILL');
    return await this.waitForExit();
  }

  /** Does something while the server, holding all that it holds, does nothing. */
  async whilePaused<T>(action: () => Promise<T>): Promise<T> {
    const pid = await this.#findServerPid();
    process.kill(pid, 'SIGSTOP');
    try {
      await eventually(waitRealStep, 'the server is paused', async () =>
        /^State:\s+T/m.test(await readFile(`/proc/${pid}/status`, 'latin1')),
      );
      return await action();
    } finally {
      process.kill(pid, 'SIGCONT');
    }
  }

  async #findServerPid(): Promise<number> {
    const started = await descendantsOf(this.#npm.pid ?? 0);
    // The topmost: what it is about to start looks like it until the program has taken its place.
    const server = started.find(({ command }) => /^\S*node local\/start\.mjs/.test(command));
    if (server === undefined) throw new Error('which process is the server?');
    return server.pid;
  }

  /** The processes that carry the mark of this server's data folder: its workbenches and all they started. */
  async workbenchProcesses(): Promise<readonly number[]> {
    const mark = (await readFile(join(this.dataDir, 'installation'), 'utf8')).trim();
    return await findProcessesByEnvironment(`WB_INSTALLATION=${mark}`);
  }

  #signalGroup(signal: NodeJS.Signals): void {
    const { pid } = this.#npm;
    if (pid === undefined || this.#npm.exitCode !== null) return;
    try {
      process.kill(-pid, signal);
    } catch {
      // Gone in this moment.
    }
  }

  async #end(): Promise<void> {
    this.#signalGroup('SIGTERM');
    const gaveUp = setTimeout(() => this.#signalGroup('SIGKILL'), 20_000);
    await this.#exit;
    clearTimeout(gaveUp);
    for (const pid of await this.workbenchProcesses().catch(() => [])) process.kill(pid, 'SIGKILL');
  }
}
