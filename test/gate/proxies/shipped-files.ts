import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ProxyKind } from '#gate/forward-auth/proxy-kind.ts';
import { NGINX_PROGRAM } from '#tools/nginx/installation.ts';
import { TRAEFIK_PROGRAM } from '#tools/traefik/environment.ts';

export const PROXY_PROGRAMS = { traefik: TRAEFIK_PROGRAM, nginx: NGINX_PROGRAM };

const SHIPPED_FOLDER = join(import.meta.dirname, '../../../image/gate/proxies');
/** The ports of the shipped files. */
const PORTS = { public: '80', gate: '8080', decisions: '9000' };
/** The domain of the workbenches in the shipped file of nginx, as a regular expression. Traefik gets it from the gate. */
const DOMAIN = String.raw`wb\.example`;
const TEMPORARY = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];

export interface ProxyPorts {
  readonly public: number;
  readonly gate: number;
  readonly decisions: number;
}

export interface ProxyOptions {
  readonly ports: ProxyPorts;
  /** An existing folder for its files. */
  readonly folder: string;
  /** The public address. @default that of the shipped files: https://wb.example */
  readonly baseUrl?: URL;
}

/** Writes the shipped file with other ports, folders and another public address. Returns the command that uses it. */
export async function prepareProxy(kind: ProxyKind, options: ProxyOptions): Promise<readonly string[]> {
  const { folder } = options;
  const name = kind === 'traefik' ? 'traefik.yml' : 'nginx.conf';
  const file = join(folder, name);
  const shipped = await readFile(join(SHIPPED_FOLDER, name), 'utf8');
  await writeFile(
    file,
    replaceAllOnce(shipped, (kind === 'traefik' ? traefikChanges : nginxChanges)(options)),
  );
  if (kind === 'traefik') return [TRAEFIK_PROGRAM, `--configFile=${file}`];
  await mkdir(join(folder, 'logs'));
  const global = `daemon off; pid ${folder}/pid; error_log stderr;`;
  return [NGINX_PROGRAM, '-p', folder, '-e', 'stderr', '-c', file, '-g', global];
}

type Changes = readonly (readonly [from: string, to: string])[];

function traefikChanges({ ports }: ProxyOptions): Changes {
  return [
    [`address: ":${PORTS.public}"`, `address: "127.0.0.1:${ports.public}"`],
    [`127.0.0.1:${PORTS.decisions}/`, `127.0.0.1:${ports.decisions}/`],
  ];
}

function nginxChanges({ ports, folder, baseUrl }: ProxyOptions): Changes {
  const folders = TEMPORARY.map((name) => `${name}_temp_path ${folder}/${name};`).join(' ');
  return [
    [`listen ${PORTS.public} `, `listen 127.0.0.1:${ports.public} `],
    [`server 127.0.0.1:${PORTS.gate};`, `server 127.0.0.1:${ports.gate};`],
    [`server 127.0.0.1:${PORTS.decisions};`, `server 127.0.0.1:${ports.decisions};`],
    ['http {\n', `http {\n  ${folders}\n`],
    ...(baseUrl === undefined ? [] : addressChanges(baseUrl)),
  ];
}

function addressChanges({ hostname, protocol, port }: URL): Changes {
  return [
    [DOMAIN, hostname],
    ['$public_scheme https;', `$public_scheme ${protocol.slice(0, -1)};`],
    ['$public_port 443;', `$public_port ${port};`],
  ];
}

/** @throws Error if the file no longer has a text: it would run with the wrong port */
function replaceAllOnce(file: string, changes: Changes): string {
  return changes.reduce((text, [from, to]) => {
    if (text.split(from).length !== 2) throw new Error(`the file does not have once: ${from}`);
    return text.replace(from, () => to);
  }, file);
}
