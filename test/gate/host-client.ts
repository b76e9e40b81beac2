import { type IncomingHttpHeaders, request as send } from 'node:http';
import { text } from 'node:stream/consumers';

export interface HostResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/**
 * A browser that sends its requests to one port and keeps cookies for each host. It follows no redirect by itself. Node.js
 * resolves no names below `.localhost`, and the tests do not own those of their gates.
 */
export class HostClient {
  readonly #port: number;
  readonly #cookies = new Map<string, Map<string, string>>();

  constructor(port: number) {
    this.#port = port;
  }

  /** Opens a URL as the address bar or a redirect does. */
  get(url: string | URL, headers: Readonly<Record<string, string>> = {}): Promise<HostResponse> {
    return this.#send('GET', new URL(url), { ...NAVIGATION, 'sec-fetch-site': 'none', ...headers });
  }

  /** Sends a form of a page of the same origin. */
  post(url: string | URL, fields: Readonly<Record<string, string>>): Promise<HostResponse> {
    const headers = {
      ...NAVIGATION,
      'sec-fetch-site': 'same-origin',
      origin: new URL(url).origin,
      'content-type': 'application/x-www-form-urlencoded',
    };
    return this.#send('POST', new URL(url), headers, String(new URLSearchParams(fields)));
  }

  setCookie(url: string | URL, name: string, value: string): void {
    this.#jarOf(new URL(url)).set(name, value);
  }

  /** Returns the Cookie header for a host. */
  cookiesOf(url: string | URL): string {
    return [...this.#jarOf(new URL(url))].map(([name, value]) => `${name}=${value}`).join('; ');
  }

  #send(
    method: string,
    url: URL,
    headers: Readonly<Record<string, string>>,
    body = '',
  ): Promise<HostResponse> {
    const cookie = this.cookiesOf(url);
    return new Promise((resolve, reject) => {
      const request = send({
        host: '127.0.0.1',
        port: this.#port,
        agent: false,
        method,
        path: `${url.pathname}${url.search}`,
        headers: { host: url.host, ...(cookie === '' ? {} : { cookie }), ...headers },
      });
      request.once('error', reject).once('response', (response) => {
        for (const line of response.headers['set-cookie'] ?? []) this.#store(url, line);
        text(response).then(
          (content) =>
            resolve({ status: response.statusCode ?? 0, headers: response.headers, body: content }),
          reject,
        );
      });
      request.end(body);
    });
  }

  #store(url: URL, line: string): void {
    const [pair = '', ...attributes] = line.split(';');
    const at = pair.indexOf('=');
    const [name, value] = [pair.slice(0, at).trim(), pair.slice(at + 1).trim()];
    if (attributes.some((attribute) => /^\s*max-age=0$/i.test(attribute))) this.#jarOf(url).delete(name);
    else this.#jarOf(url).set(name, value);
  }

  #jarOf({ host }: URL): Map<string, string> {
    const jar = this.#cookies.get(host) ?? new Map<string, string>();
    this.#cookies.set(host, jar);
    return jar;
  }
}

const NAVIGATION = { accept: 'text/html', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' };
