import type { IncomingMessage, ServerResponse } from 'node:http';
import { formatDeletedRepetitions } from './cookies.ts';

/**
 * Asks the browser to delete what a script of this host has set under a name of the gate. A script cannot replace the cookie
 * of the gate, which is `HttpOnly`. But browsers store a cookie with the attribute `Partitioned` apart from it, and send both.
 * The gate itself sets no such cookie, so that its own stays.
 */
export function deleteRepeatedCookies(
  { headers }: Pick<IncomingMessage, 'headers'>,
  response: Pick<ServerResponse, 'appendHeader'>,
): void {
  for (const cookie of formatDeletedRepetitions(headers.cookie)) response.appendHeader('set-cookie', cookie);
}
