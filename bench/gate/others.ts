import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { request } from 'node:http';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { type Contender, startProgram, startScript } from './contender.ts';

/** What the bench installs into a temporary folder. */
export const PACKAGES = { httpxy: '0.5.6', 'configurable-http-proxy': '5.3.0' } as const;

export function installPackages(folder: string): void {
  const packages = Object.entries(PACKAGES).map(([name, version]) => `${name}@${version}`);
  execFileSync('npm', ['install', '--silent', '--prefix', folder, ...packages]);
}

/** The cookies of a browser that has a session, as large as those of the gate. */
const HEADERS = { cookie: `theme=dark; session=${'x'.repeat(330)}` };

export function openDirect(backendPort: number): Contender {
  return { name: 'direct', port: backendPort, visitors: [HEADERS], pids: () => [], close: async () => {} };
}

/** The package with which the gate forwarded before, without any check. */
export async function openHttpxy(folder: string, backendPort: number): Promise<Contender> {
  const script = join(import.meta.dirname, 'serve-httpxy.ts');
  const { pid, port, close } = await startScript(script, folder, String(backendPort));
  return { name: `httpxy ${PACKAGES.httpxy}, no auth`, port, visitors: [HEADERS], pids: () => [pid], close };
}

/** The proxy of JupyterHub. It checks nothing: the servers of the users do. */
export async function openConfigurableHttpProxy(folder: string, backendPort: number): Promise<Contender> {
  const [port, apiPort] = [await findFreePort(), await findFreePort()];
  const program = join(folder, 'node_modules/configurable-http-proxy/bin/configurable-http-proxy');
  const options = {
    ip: '127.0.0.1',
    port,
    'api-ip': '127.0.0.1',
    'api-port': apiPort,
    'default-target': `http://127.0.0.1:${backendPort}`,
    'log-level': 'error',
  };
  const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const { pid, close } = await startProgram(
    [process.execPath, program, ...args],
    { CONFIGPROXY_AUTH_TOKEN: randomBytes(16).toString('hex') },
    async () => (await statusOf(port, HEADERS)) === 200,
  );
  const name = `configurable-http-proxy ${PACKAGES['configurable-http-proxy']}, no auth`;
  return { name, port, visitors: [HEADERS], pids: () => [pid], close };
}

/** Sends one request and returns the status. */
export async function statusOf(port: number, headers: Readonly<Record<string, string>>): Promise<number> {
  const message = request({ host: '127.0.0.1', port, path: '/', headers, agent: false }).end();
  const [response] = await once(message, 'response');
  response.resume();
  return response.statusCode;
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
