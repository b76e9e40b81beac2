import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { closeWith } from '#adapters/http-server/client-errors.ts';
import type { GatePage } from './gate-page.ts';
import type { PageRenderer } from './page-renderer.ts';

/** Responds with a page to browsers and with its JSON to other clients. Node.js leaves the body out for HEAD. */
export function respond(
  request: Pick<IncomingMessage, 'headers'>,
  response: ServerResponse,
  page: GatePage,
  renderer: PageRenderer,
): void {
  const html = acceptsHtml(request);
  const body = html ? renderer.render(page) : JSON.stringify(page.json);
  const { 'set-cookie': cookie, ...headers } = renderer.headersOf(page);
  // Cookies that were added before stay.
  if (cookie !== undefined) response.appendHeader('set-cookie', cookie);
  response.writeHead(page.status, {
    ...headers,
    'content-type': html ? 'text/html; charset=utf-8' : 'application/json',
    'content-length': Buffer.byteLength(body),
  });
  response.end(body);
}

/** Refuses an upgrade, for which Node.js has no response object. */
export function refuseUpgrade(socket: Duplex, status: number, retryAfterSeconds?: number): void {
  const retryAfter = retryAfterSeconds === undefined ? '' : `retry-after: ${retryAfterSeconds}\r\n`;
  closeWith(
    socket,
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${retryAfter}connection: close\r\ncontent-length: 0\r\n\r\n`,
  );
}

export function acceptsHtml({ headers }: Pick<IncomingMessage, 'headers'>): boolean {
  return headers.accept?.includes('text/html') ?? false;
}
