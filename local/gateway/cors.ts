import { CORS } from '#contract/routes.ts';
import type { GatewayResponse } from './gateway-response.ts';

/**
 * CORS as API Gateway does it when it is configured: preflights are answered without asking authorizer or
 * function, and what a page of an allowed origin may read is said on every answer, errors included.
 */

/** The headers that let a page of `origin` read the answer; none for an origin that is not allowed. */
export function corsHeaders(
  allowedOrigins: readonly string[],
  origin: string | undefined,
): Readonly<Record<string, string>> {
  if (allowedOrigins.length === 0) return {};
  const any = allowedOrigins.includes('*');
  const vary: Record<string, string> = any ? {} : { vary: 'origin' };
  if (origin === undefined || !(any || allowedOrigins.includes(origin.toLowerCase()))) return vary;
  return {
    ...vary,
    'access-control-allow-origin': any ? '*' : origin,
    'access-control-expose-headers': CORS.exposeHeaders.join(','),
  };
}

/** The answer to any OPTIONS; to one of an origin that is not allowed it allows nothing. */
export function preflightResponse(
  allowedOrigins: readonly string[],
  origin: string | undefined,
): GatewayResponse {
  const headers = { ...corsHeaders(allowedOrigins, origin) };
  if ('access-control-allow-origin' in headers) {
    headers['access-control-allow-headers'] = CORS.allowHeaders.join(',');
    headers['access-control-allow-methods'] = CORS.allowMethods.join(',');
    headers['access-control-max-age'] = String(CORS.maxAge);
  }
  return { status: 204, headers, cookies: [], body: Buffer.alloc(0) };
}
