import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ProxyKind } from '#gate/forward-auth/proxy-kind.ts';
import { eventually, waitRealStep } from '#test/contracts/eventually.ts';
import { NGINX_PROGRAM } from '#tools/nginx/installation.ts';
import { TRAEFIK_PROGRAM } from '#tools/traefik/environment.ts';

const PROGRAMS = { traefik: TRAEFIK_PROGRAM, nginx: NGINX_PROGRAM };
const FOLDER = join(import.meta.dirname, '../../../image/gate/proxies');
/** The ports of the shipped files. */
const PORTS = { public: '80', gate: '8080', decisions: '9000' };
const TEMPORARY = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];

export interface ProxyPorts {
  readonly public: number;
  readonly gate: number;
  readonly decisions: number;
}

/** Whether the tests of a program run: it is installed, or CI requires it. */
export function isProxyTested(kind: ProxyKind): boolean {
  return process.env.GATE_PROXIES === 'required' || existsSync(PROGRAMS[kind]);
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

/** Starts a program with its shipped file, in which only ports and temporary folders are replaced. Returns its end. */
export async function startProxy(kind: ProxyKind, ports: ProxyPorts): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), `wb-${kind}-`));
  await mkdir(join(folder, 'logs'));
  const file = join(folder, kind === 'traefik' ? 'traefik.yml' : 'nginx.conf');
  const shipped = await readFile(join(FOLDER, kind === 'traefik' ? 'traefik.yml' : 'nginx.conf'), 'utf8');
  await writeFile(file, kind === 'traefik' ? traefikFile(shipped, ports) : nginxFile(shipped, ports, folder));
  const args =
    kind === 'traefik'
      ? [`--configFile=${file}`]
      : ['-p', folder, '-e', 'stderr', '-c', file, '-g', `daemon off; pid ${folder}/pid; error_log stderr;`];
  const child = spawn(PROGRAMS[kind], args, { stdio: ['ignore', 'pipe', 'pipe'] });
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

function traefikFile(shipped: string, ports: ProxyPorts): string {
  const withPort = replaceOnce(
    shipped,
    `address: ":${PORTS.public}"`,
    `address: "127.0.0.1:${ports.public}"`,
  );
  return replaceOnce(withPort, `127.0.0.1:${PORTS.decisions}/`, `127.0.0.1:${ports.decisions}/`);
}

function nginxFile(shipped: string, ports: ProxyPorts, folder: string): string {
  const folders = TEMPORARY.map((name) => `${name}_temp_path ${folder}/${name};`).join(' ');
  return [
    [`listen ${PORTS.public} `, `listen 127.0.0.1:${ports.public} `],
    [`server 127.0.0.1:${PORTS.gate};`, `server 127.0.0.1:${ports.gate};`],
    [`server 127.0.0.1:${PORTS.decisions};`, `server 127.0.0.1:${ports.decisions};`],
    ['http {\n', `http {\n  ${folders}\n`],
    ['worker_rlimit_nofile 65536;\n', ''],
    ['worker_connections 16384;', 'worker_connections 512;'],
  ].reduce((text, [from = '', to = '']) => replaceOnce(text, from, to), shipped);
}

/** A file that no longer has the text would be tested with the wrong port. */
function replaceOnce(text: string, from: string, to: string): string {
  if (text.split(from).length !== 2) throw new Error(`the file does not have once: ${from}`);
  return text.replace(from, to);
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}
