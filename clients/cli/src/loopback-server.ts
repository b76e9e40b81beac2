import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

const PATH = '/callback';

/** Receives the browser when it comes back from the issuer (RFC 8252, section 7.3). Only this computer reaches it. */
export class LoopbackServer {
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  /** Listens on a free port, which differs each time. */
  static async listen(): Promise<LoopbackServer> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new LoopbackServer(server);
  }

  /** The issuer must accept it with any port. */
  get redirectUri(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}${PATH}`;
  }

  /**
   * Waits for the browser with this state, and shows it whether the sign-in has succeeded. Other requests get 404 and change nothing:
   * pages and programs on this computer can send them.
   * @param finish makes tokens of the address with which the browser came back
   * @throws the errors of `finish`; the reason of the signal
   */
  async receive<T>(state: string, signal: AbortSignal, finish: (callback: URL) => Promise<T>): Promise<T> {
    signal.throwIfAborted();
    return await new Promise<T>((resolve, reject) => {
      let isReceived = false;
      signal.addEventListener('abort', () => reject(signal.reason), { once: true });
      this.#server.on('request', (request, response) => {
        const url = new URL(request.url ?? '/', this.redirectUri);
        const isExpected =
          request.method === 'GET' && url.pathname === PATH && url.searchParams.get('state') === state;
        if (isReceived || !isExpected) return respond(response, 404, 'There is nothing here.');
        isReceived = true;
        finish(url).then(
          (tokens) => {
            response.once('close', () => resolve(tokens));
            respond(response, 200, 'You are signed in. You can close this tab.');
          },
          (error: unknown) => {
            response.once('close', () => reject(error));
            respond(response, 400, 'The sign-in has failed. The terminal says why.');
          },
        );
      });
    });
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}

function respond(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, {
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-store',
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    connection: 'close',
  });
  response.end(
    `<!doctype html><html lang="en"><title>Workbenches</title><meta name="viewport" content="width=device-width"><p>${text}</p></html>\n`,
  );
}
