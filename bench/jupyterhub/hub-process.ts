import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { installPythonEnvironment, type PythonEnvironment, pythonOf } from '#tools/python/environment.ts';
import { makeFolderOnDisk } from '../disk-folder.ts';

export const JUPYTERHUB: PythonEnvironment = {
  name: 'JupyterHub',
  folder: join(import.meta.dirname, '../../.workbench-jupyterhub'),
  requirements: join(import.meta.dirname, 'requirements.txt'),
};

export interface Hub {
  /** The address of the hub without a path: `http://127.0.0.1:port`. */
  readonly url: string;
  readonly pid: number;
  /** The headers of a request of the administrator. */
  readonly headers: Readonly<Record<string, string>>;
}

/** Under load, Python takes several seconds to load JupyterHub. */
const START_TIMEOUT_MS = 120_000;
/** The last characters of its output to keep. */
const OUTPUT_CHARS_MAX = 8_000;

/** Returns the pinned version of JupyterHub. */
export function jupyterHubVersion(): string {
  const version = /^jupyterhub==(\S+)$/m.exec(readFileSync(JUPYTERHUB.requirements, 'utf8'))?.[1];
  if (version === undefined) throw new Error(`${JUPYTERHUB.requirements} does not name JupyterHub`);
  return version;
}

/**
 * Installs JupyterHub if it is not installed, and runs `use` with its hub in a temporary folder.
 * @throws InstallError when Python is missing
 */
export async function withJupyterHub<T>(use: (hub: Hub) => Promise<T>): Promise<T> {
  await installPythonEnvironment(JUPYTERHUB);
  const folder = await makeFolderOnDisk();
  const port = await findFreePort();
  const token = randomBytes(16).toString('hex');
  const child = spawn(
    pythonOf(JUPYTERHUB),
    ['-m', 'jupyterhub', '--config', join(import.meta.dirname, 'config.py')],
    {
      cwd: folder,
      env: { ...process.env, BENCH_HUB_PORT: String(port), BENCH_HUB_TOKEN: token },
      // It exits when its standard input is closed.
      stdio: ['pipe', 'pipe', 'pipe'],
    },
  );
  const exited = once(child, 'close');
  try {
    const url = `http://127.0.0.1:${port}`;
    await waitUntilReady(child, `${url}/hub/api/`);
    return await use({ url, pid: child.pid ?? 0, headers: { authorization: `token ${token}` } });
  } finally {
    child.kill('SIGKILL');
    await exited;
    await rm(folder, { recursive: true, force: true, maxRetries: 20 });
  }
}

/** Reads all output, because a full pipe would block the hub. */
async function waitUntilReady(child: ChildProcess, url: string): Promise<void> {
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      output = `${output}${text}`.slice(-OUTPUT_CHARS_MAX);
    });
  }
  const deadline = performance.now() + START_TIMEOUT_MS;
  while (!(await isReady(url))) {
    if (child.exitCode === null && child.signalCode === null && performance.now() < deadline) continue;
    throw new Error(`JupyterHub did not start:\n${output}`);
  }
}

/** Makes one request. Waits 100 ms after a failure. */
async function isReady(url: string): Promise<boolean> {
  try {
    return (await fetch(url, { signal: AbortSignal.timeout(5_000) })).ok;
  } catch {
    await new Promise((resolve) => setTimeout(resolve, 100));
    return false;
  }
}

async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no free port found');
  return address.port;
}
