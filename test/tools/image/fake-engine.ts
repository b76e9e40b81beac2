import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import { onTestFinished } from 'vitest';

/** The part of a container engine's API that builds and pushes images. */
export class FakeEngine {
  readonly socket: string;
  /** Method and path of all requests. */
  readonly calls: string[] = [];
  /** Image → architecture. */
  readonly images = new Map<string, string>();
  /** In all images: absolute path → owner. */
  readonly files = new Map([
    ['/bin/sh', { uid: 0, gid: 0 }],
    ['/bin/sleep', { uid: 0, gid: 0 }],
    ['/usr/bin/curl', { uid: 0, gid: 0 }],
  ]);
  /** The configuration of all images. */
  config: Readonly<Record<string, unknown>> = {
    User: '1000:1000',
    Healthcheck: { Test: ['CMD', 'workbench-healthy'], Interval: 30e9, StartInterval: 1e9 },
  };
  /** Containers that were created and not removed. */
  readonly containers = new Set<string>();
  /** Base argument of each successful build, and the names in its context. */
  readonly builds: { readonly base: string | undefined; readonly files: readonly string[] }[] = [];
  /** Dockerfile of each successful build. */
  readonly dockerfiles: string[] = [];
  /** Whether it is an engine whose Dockerfiles may contain `--start-interval`. */
  knowsStartInterval = true;
  /** Platform of each build that names one. */
  readonly platforms: string[] = [];
  /** Login of each push. */
  readonly logins: unknown[] = [];
  /** Error with which a push fails. */
  pushError: string | undefined;
  /** Called after a successful push. */
  onPush: () => Promise<void> = async () => {};

  private constructor(socket: string) {
    this.socket = socket;
  }

  static async start(): Promise<FakeEngine> {
    const folder = await mkdtemp(join(tmpdir(), 'wb-engine-'));
    const engine = new FakeEngine(join(folder, 'engine.sock'));
    const server = createServer((request, response) => {
      void engine.#respond(request, response);
    });
    await new Promise<void>((resolve) => server.listen(engine.socket, resolve));
    onTestFinished(async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await rm(folder, { recursive: true });
    });
    return engine;
  }

  #respondAboutContainer(
    request: IncomingMessage,
    response: ServerResponse,
    [id = '', action]: readonly string[],
    query: URLSearchParams,
  ): void {
    if (id === 'create') {
      this.containers.add('c1');
      response.writeHead(201).end('{"Id":"c1"}\n');
    } else if (request.method === 'DELETE') {
      this.containers.delete(id);
      response.writeHead(204).end();
    } else {
      if (action !== 'archive' || !this.containers.has(id))
        throw new Error(`${request.method} ${request.url}`);
      const owner = this.files.get(query.get('path') ?? '');
      response.writeHead(owner === undefined ? 404 : 200);
      response.end(owner === undefined || request.method === 'HEAD' ? undefined : tarOfFolder(owner));
    }
  }

  async #respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await buffer(request);
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://engine');
    this.calls.push(`${request.method} ${pathname}`);
    const json = (status: number, body: unknown) =>
      response.writeHead(status).end(`${JSON.stringify(body)}\n`);
    const [, kind, ...rest] = pathname.split('/');
    if (kind === 'info') return void json(200, { ServerVersion: '28.2.2', NCPU: 2, MemTotal: 1e9 });
    if (kind === 'version') return void json(200, { Components: [{ Name: 'Engine' }] });
    if (kind === 'build') {
      const files = filesInTar(body);
      const dockerfile = files.get('Dockerfile') ?? '';
      if (dockerfile.includes('--start-interval') && !this.knowsStartInterval)
        return void json(200, { error: 'flag provided but not defined: -start-interval' });
      this.dockerfiles.push(dockerfile);
      const platform = searchParams.get('platform');
      if (platform !== null) this.platforms.push(platform);
      this.images.set(searchParams.get('t') ?? '', 'amd64');
      const { BASE: base } = JSON.parse(searchParams.get('buildargs') ?? '{}') as { BASE?: string };
      this.builds.push({ base, files: [...files.keys()].sort() });
      return void json(200, { stream: 'Step 1/1' });
    }
    if (kind === 'containers') return void this.#respondAboutContainer(request, response, rest, searchParams);
    const [action] = rest.slice(-1);
    const name = rest.slice(0, -1).join('/');
    if (action === 'create') return void json(200, { status: 'Pulled' });
    if (action === 'tag') return void json(201, {});
    if (action === 'push') {
      this.logins.push(
        JSON.parse(Buffer.from(String(request.headers['x-registry-auth']), 'base64url').toString()),
      );
      if (this.pushError !== undefined) return void json(200, { error: this.pushError });
      await this.onPush();
      return void json(200, { status: 'Pushed' });
    }
    const architecture = this.images.get(name);
    if (architecture === undefined) return void json(404, { message: 'no such image' });
    json(200, { Architecture: architecture, Size: 1e9, Config: { Labels: {}, ...this.config } });
  }
}

/** A tar archive with one folder. */
function tarOfFolder({ uid, gid }: { readonly uid: number; readonly gid: number }): Buffer {
  const header = Buffer.alloc(512);
  const octal = (value: number) => `${value.toString(8).padStart(7, '0')}\0`;
  header.write('folder/', 0, 'latin1');
  header.write(octal(0o755) + octal(uid) + octal(gid), 100, 'latin1');
  return Buffer.concat([header, Buffer.alloc(1024)]);
}

/** Returns the top-level entries of a tar archive, possibly compressed, with their texts. */
function filesInTar(archive: Buffer): ReadonlyMap<string, string> {
  const tar = archive[0] === 0x1f ? gunzipSync(archive) : archive;
  const files = new Map<string, string>();
  for (let start = 0; tar[start] !== undefined && tar[start] !== 0; ) {
    const field = (offset: number, length: number) =>
      tar.toString('latin1', start + offset, start + offset + length).replace(/\0.*$/s, '');
    const size = Number.parseInt(field(124, 12), 8);
    files.set(field(0, 100).split('/')[0] ?? '', tar.toString('utf8', start + 512, start + 512 + size));
    // A header block, then the content in blocks of 512 bytes. The size is octal.
    start += 512 + Math.ceil(size / 512) * 512;
  }
  return files;
}
