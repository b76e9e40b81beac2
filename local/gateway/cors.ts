import { CORS } from '#contract/routes.ts';
import type { GatewayResponse } from './gateway-response.ts';

/**
 * CORS as API Gateway implements it: the gateway responds to preflights without calling the authorizer or a function,
 * and adds the CORS headers to all responses, errors included.
 */

/** Returns the headers that allow a page of `origin` to read the response. None for an origin that is not allowed. */
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

/** Returns the response to an OPTIONS request. It allows nothing to an origin that is not allowed. */
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
