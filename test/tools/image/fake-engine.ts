import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** As much of a container engine's API as building and pushing an image takes. */
export class FakeEngine {
  readonly socket: string;
  /** What was asked of it: method and path. */
  readonly calls: string[] = [];
  /** Image → architecture. */
  readonly images = new Map<string, string>();
  /** The headers with which each push has logged in. */
  readonly logins: unknown[] = [];
  /** What a push ends with, instead of success. */
  pushError: string | undefined;
  /** Told when an image was pushed. */
  onPush: () => Promise<void> = async () => {};

  private constructor(socket: string) {
    this.socket = socket;
  }

  static async start(): Promise<FakeEngine> {
    const folder = await mkdtemp(join(tmpdir(), 'wb-engine-'));
    const engine = new FakeEngine(join(folder, 'engine.sock'));
    const server = createServer((request, response) => {
      void engine.#answer(request, response);
    });
    await new Promise<void>((resolve) => server.listen(engine.socket, resolve));
    onTestFinished(async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await rm(folder, { recursive: true });
    });
    return engine;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    request.resume();
    await new Promise((resolve) => request.once('end', resolve));
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://engine');
    this.calls.push(`${request.method} ${pathname}`);
    const json = (status: number, body: unknown) =>
      response.writeHead(status).end(`${JSON.stringify(body)}\n`);
    const [, kind, ...rest] = pathname.split('/');
    if (kind === 'info') return void json(200, { ServerVersion: '28.2.2', NCPU: 2, MemTotal: 1e9 });
    if (kind === 'version') return void json(200, { Components: [{ Name: 'Engine' }] });
    if (kind === 'build') {
      this.images.set(searchParams.get('t') ?? '', 'amd64');
      return void json(200, { stream: 'Step 1/1' });
    }
    const [act] = rest.slice(-1);
    const name = rest.slice(0, -1).join('/');
    if (act === 'create') return void json(200, { status: 'Pulled' });
    if (act === 'tag') return void json(201, {});
    if (act === 'push') {
      this.logins.push(
        JSON.parse(Buffer.from(String(request.headers['x-registry-auth']), 'base64url').toString()),
      );
      if (this.pushError !== undefined) return void json(200, { error: this.pushError });
      await this.onPush();
      return void json(200, { status: 'Pushed' });
    }
    const architecture = this.images.get(name);
    if (architecture === undefined) return void json(404, { message: 'no such image' });
    json(200, { Architecture: architecture, Size: 1e9, Config: { Labels: {} } });
  }
}
