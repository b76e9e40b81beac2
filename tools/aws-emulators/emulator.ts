import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { pythonOf } from '../python/environment.ts';
import { EMULATORS } from './environment.ts';

/** moto as released; moto with the patches of patched_moto.py; ministack. */
export type EmulatorName = 'moto' | 'patched-moto' | 'ministack';

export interface Emulator {
  /** `http://127.0.0.1:port` */
  readonly endpoint: string;
  /** Resolves when the process has exited. */
  stop(): Promise<void>;
}

/** A path that returns 200 once the emulator is ready. */
const HEALTH_PATHS: Readonly<Record<EmulatorName, string>> = {
  moto: '/moto-api/data.json',
  'patched-moto': '/moto-api/data.json',
  ministack: '/_ministack/health',
};

/** Under load, Python takes several seconds to load an emulator. */
const START_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 5_000;
/** Another process may take the free port before the emulator does. */
const ATTEMPTS_MAX = 3;
/** The last characters of standard error to keep. */
const STDERR_CHARS_MAX = 8_000;

/** Starts an emulator on a free port of 127.0.0.1. It exits when this process exits, even after SIGKILL. */
export async function startEmulator(name: EmulatorName): Promise<Emulator> {
  if (!existsSync(pythonOf(EMULATORS)))
    throw new Error('The emulators are not installed. npm run test:aws installs them.');
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await launchEmulator(name, await findFreePort());
    } catch (error) {
      if (attempt === ATTEMPTS_MAX) throw error;
    }
  }
}

async function launchEmulator(name: EmulatorName, port: number): Promise<Emulator> {
  const endpoint = `http://127.0.0.1:${port}`;
  const child = spawn(pythonOf(EMULATORS), [join(import.meta.dirname, 'serve.py'), name, String(port)], {
    // It exits when its standard input is closed.
    stdio: ['pipe', 'ignore', 'pipe'],
  });
  let output = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    output = `${output}${text}`.slice(-STDERR_CHARS_MAX);
  });
  const deadline = performance.now() + START_TIMEOUT_MS;
  while (!(await isHealthy(endpoint + HEALTH_PATHS[name]))) {
    if (child.exitCode === null && child.signalCode === null && performance.now() < deadline) continue;
    await stopProcess(child);
    throw new Error(`${name} did not start:\n${output}`);
  }
  return { endpoint, stop: () => stopProcess(child) };
}

/** Makes one request. Waits 50 ms after a failure. */
async function isHealthy(url: string): Promise<boolean> {
  const signal = AbortSignal.timeout(2_000);
  try {
    return (await fetch(url, { signal })).ok;
  } catch {
    await new Promise((resolve) => setTimeout(resolve, 50));
    return false;
  }
}

async function stopProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.stdin?.end();
  const kill = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
  await exited;
  clearTimeout(kill);
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
