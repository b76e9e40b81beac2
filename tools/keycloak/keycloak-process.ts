import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { keycloakProgram } from './installation.ts';
import { KeycloakAdmin } from './keycloak-admin.ts';

export interface Keycloak {
  /** The address of the server without a path: `http://127.0.0.1:port`. */
  readonly url: string;
  readonly admin: KeycloakAdmin;
  /** Ends the server. Its data is gone with it. */
  stop(): Promise<void>;
}

/** On two busy cores it starts in half a minute. */
const START_TIMEOUT_MS = 240_000;
/** The last characters of its output to keep. */
const OUTPUT_CHARS_MAX = 8_000;
/** It needs 330 MB. Tests run for a short time: the first compiler saves more time than the second one gains. */
const JAVA_OPTIONS = '-Xms64m -Xmx300m -XX:MaxMetaspaceSize=256m -XX:+UseSerialGC -XX:TieredStopAtLevel=1';

/** Starts the installed Keycloak on a free port of 127.0.0.1, with its data in memory and no realm but its own. */
export async function startKeycloak(): Promise<Keycloak> {
  const port = await findFreePort();
  const url = `http://127.0.0.1:${port}`;
  const password = randomBytes(16).toString('hex');
  const child = spawn(
    keycloakProgram(),
    [
      'start',
      '--optimized',
      '--cache=local',
      '--http-enabled=true',
      '--http-host=127.0.0.1',
      `--http-port=${port}`,
      '--hostname-strict=false',
    ],
    {
      env: {
        ...process.env,
        JAVA_OPTS: JAVA_OPTIONS,
        KC_BOOTSTRAP_ADMIN_USERNAME: 'admin',
        KC_BOOTSTRAP_ADMIN_PASSWORD: password,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
      // The program is a script that starts Java. A group of their own ends both.
      detached: true,
    },
  );
  const exited = once(child, 'close');
  const endWithParent = () => endGroup(child);
  process.once('exit', endWithParent);
  const stop = async () => {
    process.off('exit', endWithParent);
    endGroup(child);
    await exited;
  };
  try {
    await waitUntilReady(child, `${url}/realms/master/.well-known/openid-configuration`);
  } catch (error) {
    await stop();
    throw error;
  }
  return { url, admin: new KeycloakAdmin(url, password), stop };
}

function endGroup({ pid, exitCode, signalCode }: ChildProcess): void {
  if (pid === undefined || exitCode !== null || signalCode !== null) return;
  process.kill(-pid, 'SIGKILL');
}

/** Reads all output, because a full pipe would block the server. */
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
    throw new Error(`Keycloak did not start:\n${output}`);
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
