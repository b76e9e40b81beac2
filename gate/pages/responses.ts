import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { closeWith } from '#adapters/http-server/client-errors.ts';
import { statusDetail } from '#core/workbench/status-detail.ts';
import type { Workbench } from '#core/workbench/workbench.ts';
import type { HtmlPage } from './pages.ts';

/** A response of the proxy itself: a page for browsers, JSON for other clients. */
export interface ProxyResponse {
  readonly page: HtmlPage;
  readonly json: Readonly<Record<string, unknown>>;
}

/** The pages are not cached, run no scripts and cannot be framed. */
const SAFE_HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};

export function respond(
  request: IncomingMessage,
  response: ServerResponse,
  { page, json }: ProxyResponse,
): void {
  const html = acceptsHtml(request);
  response.writeHead(page.status, {
    ...SAFE_HEADERS,
    'content-type': html ? 'text/html; charset=utf-8' : 'application/json',
    ...(page.reloadAfterSeconds === undefined ? {} : { 'retry-after': String(page.reloadAfterSeconds) }),
  });
  response.end(html ? page.html : JSON.stringify(json));
}

/** Refuses an upgrade, for which Node.js has no response object. */
export function refuseUpgrade(socket: Duplex, status: number): void {
  closeWith(
    socket,
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`,
  );
}

/** Returns the JSON response for a workbench that is not running. */
export function presentState(workbench: Workbench): Readonly<Record<string, unknown>> {
  const detail = statusDetail(workbench);
  return {
    message: 'The workbench is not running.',
    status: workbench.status,
    ...(detail === undefined ? {} : { status_detail: detail }),
    ...('reason' in workbench && workbench.reason !== undefined ? { status_reason: workbench.reason } : {}),
  };
}

export function acceptsHtml({ headers }: Pick<IncomingMessage, 'headers'>): boolean {
  return headers.accept?.includes('text/html') ?? false;
}
