import type { OwnRequest } from '#gate/own-route.ts';

/**
 * Sends the browser to another URL with a GET request. It may contain a ticket: it is not stored, and no page learns it as its
 * referrer.
 */
export function redirect({ response }: OwnRequest, location: string): void {
  response.writeHead(303, {
    location,
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
    'content-length': 0,
  });
  response.end();
}

/** Responds to a request that the issuer itself sent (OpenID Connect Back-Channel Logout 1.0, section 2.8). */
export function respondToIssuer({ response }: OwnRequest, status: 200 | 400 | 503): void {
  const body = status === 400 ? JSON.stringify({ error: 'invalid_request' }) : '';
  response.writeHead(status, {
    'cache-control': 'no-store',
    ...(body === '' ? {} : { 'content-type': 'application/json' }),
    'content-length': Buffer.byteLength(body),
  });
  response.end(body);
}
