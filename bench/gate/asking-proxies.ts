import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { ProxyKind } from '#gate/forward-auth/proxy-kind.ts';
import { PROXY_PROGRAMS, prepareProxy } from '#test/gate/proxies/shipped-files.ts';
import { installNginx } from '#tools/nginx/installation.ts';
import { installPythonEnvironment } from '#tools/python/environment.ts';
import { TRAEFIK } from '#tools/traefik/environment.ts';
import { type Opened, startProgram, withChildren } from './contender.ts';
import { findFreePort, statusOf } from './others.ts';
import { openGate } from './our-gate.ts';

/** The proxies that forward in the place of the gate, and ask it about each request: with the files that the project ships. */
const PROXIES = {
  traefik: { name: 'Traefik', install: () => installPythonEnvironment(TRAEFIK), version: ['version'] },
  nginx: { name: 'nginx', install: installNginx, version: ['-v'] },
} as const;
const QUESTIONS: Readonly<Record<ProxyKind, string>> = { traefik: 'forwardAuth', nginx: 'auth_request' };

/** Installs a proxy as `npm run local:proxies` does, and starts it with a gate with sessions. */
export async function openAskingProxy(kind: ProxyKind, folder: string, backendPort: number): Promise<Opened> {
  const { name, install } = PROXIES[kind];
  try {
    await install();
    return await startAsking(kind, `${name} ${await readVersion(kind)} + ${QUESTIONS[kind]}`, {
      folder,
      backendPort,
    });
  } catch (error) {
    return { name: `${name} + ${QUESTIONS[kind]}`, missing: describeFailure(error) };
  }
}

async function startAsking(
  kind: ProxyKind,
  name: string,
  { folder, backendPort }: { readonly folder: string; readonly backendPort: number },
): Promise<Opened> {
  const [port, authPort] = [await findFreePort(), await findFreePort()];
  const gate = await openGate(name, 'sessions', backendPort, { kind, port, authPort });
  try {
    const home = join(folder, kind);
    await mkdir(home);
    const command = await prepareProxy(kind, {
      ports: { public: port, gate: gate.port, decisions: authPort },
      folder: home,
      baseUrl: new URL(`http://localhost:${port}`),
    });
    const proxy = await startProgram(
      command,
      {},
      async () => (await statusOf(port, gate.visitors[0])) === 200,
    );
    return {
      name,
      port,
      visitors: gate.visitors,
      pids: () => [...withChildren(proxy.pid), ...gate.pids()],
      async close() {
        // The workers of nginx outlive its main process if that is killed.
        const [, ...workers] = withChildren(proxy.pid);
        await proxy.close();
        for (const worker of workers) process.kill(worker, 'SIGKILL');
        await gate.close();
      },
    };
  } catch (error) {
    await gate.close();
    throw error;
  }
}

/** nginx writes its version to the standard error. */
async function readVersion(kind: ProxyKind): Promise<string> {
  const { stdout, stderr } = await promisify(execFile)(PROXY_PROGRAMS[kind], PROXIES[kind].version);
  return /\d+\.\d+\.\d+/.exec(`${stdout}${stderr}`)?.[0] ?? 'of an unknown version';
}

/** Returns the last line of what a program wrote, or of the message. */
function describeFailure(error: unknown): string {
  const { stderr, message } = error as { readonly stderr?: string; readonly message: string };
  const lines = (stderr || message).trim().split('\n');
  return lines.at(-1) ?? 'it did not start';
}
