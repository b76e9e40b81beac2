import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ProxyKind } from '#gate/forward-auth/proxy-kind.ts';
import { eventually, waitRealStep } from '#test/contracts/eventually.ts';
import { PROXY_PROGRAMS, type ProxyPorts, prepareProxy } from './shipped-files.ts';

/** Whether the tests of a program run: it is installed, or CI requires it. */
export function isProxyTested(kind: ProxyKind): boolean {
  return process.env.GATE_PROXIES === 'required' || existsSync(PROXY_PROGRAMS[kind]);
}

export async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no free port found');
  return address.port;
}

/**
 * Starts a program with its shipped file. Returns its end.
 * @param baseUrl the public address: by default that of the shipped files
 */
export async function startProxy(
  kind: ProxyKind,
  ports: ProxyPorts,
  baseUrl?: URL,
): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), `wb-${kind}-`));
  const [program = '', ...args] = await prepareProxy(kind, {
    ports,
    folder,
    ...(baseUrl === undefined ? {} : { baseUrl }),
  });
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const exited = once(child, 'close');
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      output = `${output}${text}`.slice(-8_000);
    });
  await eventually(waitRealStep, `${kind} listens`, async () => {
    if (child.exitCode !== null) throw new Error(`${kind} ended:\n${output}`);
    return await accepts(ports.public);
  });
  return async () => {
    child.kill('SIGTERM');
    // Traefik serves new requests for half a minute after SIGTERM.
    if (kind === 'traefik') child.kill('SIGKILL');
    await exited;
    await rm(folder, { recursive: true, force: true });
  };
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}
