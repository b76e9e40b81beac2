/** The headers of the files of the console, in local mode and on AWS. */

/**
 * Only files of this origin run, and only this origin and the issuer are called. No other page may show the console in a frame.
 * @param issuerOrigins to which the console sends requests when people sign in
 */
export function consoleContentSecurityPolicy(issuerOrigins: readonly string[]): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    ['connect-src', "'self'", ...issuerOrigins].join(' '),
    "form-action 'none'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
  ].join('; ');
}

/**
 * Returns the origins that the policy must name for a sign-in at this issuer.
 * @param issuer Undefined: there is none.
 * @param others WB_CONSOLE_ISSUER_ORIGINS
 */
export function issuerOriginsOf(issuer: string | undefined, others: readonly string[]): readonly string[] {
  return issuer === undefined ? [] : [...new Set([new URL(issuer).origin, ...others])];
}

/** The gate recognizes the console by its origin in the Referer header. It gets nothing else of the address. */
export const CONSOLE_REFERRER_POLICY = 'strict-origin';

/** The other headers, by lower-case name. */
export const CONSOLE_SECURITY_HEADERS = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': CONSOLE_REFERRER_POLICY,
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
} as const;

/** For the page and its configuration: browsers compare them by ETag. */
export const CONSOLE_PAGE_CACHING = 'no-cache';
/** For files below `/console/` whose names contain a hash of the content. */
export const CONSOLE_FILE_CACHING = 'public, max-age=31536000, immutable';
