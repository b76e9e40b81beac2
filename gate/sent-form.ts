import type { IncomingMessage } from 'node:http';

/**
 * Whether a form of a page of this host was sent as a navigation: not a request of a script, a poll or a program. Pages
 * cannot set these headers. The caller has checked that the origin is not foreign. Browsers without `Sec-Fetch-Site` send
 * `Origin` with every form.
 */
export function isSentForm({ method, headers }: Pick<IncomingMessage, 'method' | 'headers'>): boolean {
  if (method !== 'POST') return false;
  if (headers['sec-fetch-site'] === undefined)
    return headers.origin !== undefined && headers.origin !== 'null';
  return headers['sec-fetch-site'] === 'same-origin' && headers['sec-fetch-mode'] === 'navigate';
}
