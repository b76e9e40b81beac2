import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { PYTHON } from './environment.ts';

/** moto as released; moto with what patched_moto.py mends; ministack. */
export type EmulatorName = 'moto' | 'patched-moto' | 'ministack';

export interface Emulator {
  /** `http://127.0.0.1:port` */
  readonly endpoint: string;
  /** Resolves when its process is gone. */
  stop(): Promise<void>;
}

/** What answers, whatever it is asked for, once the emulator does. */
const HEALTH_PATHS: Readonly<Record<EmulatorName, string>> = {
  moto: '/moto-api/data.json',
  'patched-moto': '/moto-api/data.json',
  ministack: '/_ministack/health',
};

/** On a machine under load Python takes some seconds to load them. Milliseconds. */
const START_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 5_000;
/** Somebody else may take a free port before the emulator does. */
const ATTEMPTS_MAX = 3;
/** What is kept of what it says, in characters. */
const STDERR_CHARS_MAX = 8_000;

/** Starts an emulator on a free port of 127.0.0.1. It ends with this process, however this one ends. */
export async function startEmulator(name: EmulatorName): Promise<Emulator> {
  if (!existsSync(PYTHON)) throw new Error('The emulators are not installed: npm run test:aws does that.');
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await launchEmulator(name, await freePort());
    } catch (error) {
      if (attempt === ATTEMPTS_MAX) throw error;
    }
  }
}

async function launchEmulator(name: EmulatorName, port: number): Promise<Emulator> {
  const endpoint = `http://127.0.0.1:${port}`;
  const child = spawn(PYTHON, [join(import.meta.dirname, 'serve.py'), name, String(port)], {
    // It ends when its standard input does.
    stdio: ['pipe', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = `${said}${text}`.slice(-STDERR_CHARS_MAX);
  });
  const deadline = performance.now() + START_TIMEOUT_MS;
  while (!(await isHealthy(endpoint + HEALTH_PATHS[name]))) {
    if (child.exitCode === null && child.signalCode === null && performance.now() < deadline) continue;
    await stopProcess(child);
    throw new Error(`${name} does not start:\n${said}`);
  }
  return { endpoint, stop: () => stopProcess(child) };
}

/** Asks once; between two of these some time goes by. */
async function isHealthy(url: string): Promise<boolean> {
  const ends = AbortSignal.timeout(2_000);
  try {
    return (await fetch(url, { signal: ends })).ok;
  } catch {
    await new Promise((resolve) => setTimeout(resolve, 50));
    return false;
  }
}

async function stopProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.stdin?.end();
  const kill = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
  await gone;
  clearTimeout(kill);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('there is no free port');
  return address.port;
}
