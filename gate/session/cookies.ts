import type { IncomingMessage, ServerResponse } from 'node:http';

/**
 * The cookies of the gate. A browser accepts a `__Host-` cookie only from its own host, over a secure connection, without a
 * Domain and for all paths. A page of another workbench can therefore neither set nor replace it. No workbench receives or sets one
 * (`withoutOwnCookies`).
 *
 * - `signIn`: the session on the sign-in host; in prefix mode the session for all workbenches of the user
 * - `workbench`: the session on the host of one workbench
 * - `signInState`: a sign-in at the issuer that has begun
 * - `idToken`: the ID token of the session, which the issuer asks for when the user signs out
 * - `knownBrowser`: on the sign-in host of local mode, that this browser has entered the secret before. It admits to nothing
 * - `shareLink`: on the sign-in host, the code of a link whose user is signing in
 * - `entry`: on the host of a workbench, a secret of the browser that was sent to sign in; its ticket names the hash
 */
export const COOKIES = {
  signIn: '__Host-wb_u',
  workbench: '__Host-wb_s',
  signInState: '__Host-wb_l',
  idToken: '__Host-wb_i',
  knownBrowser: '__Host-wb_k',
  shareLink: '__Host-wb_h',
  entry: '__Host-wb_e',
} as const;

export type CookieName = (typeof COOKIES)[keyof typeof COOKIES];

/**
 * The most cookies of one name that are tried. A browser sends two at most: that of the gate, and one that a script of the
 * same host has set with the attribute `Partitioned`, which browsers store apart from it.
 */
export const COOKIE_CANDIDATES_MAX = 4;

/**
 * Returns the value of a cookie. Undefined if there is none or more than one: a second one was not set by the gate.
 * @param header the Cookie header; Node.js joins several with `; ` and limits their size
 */
export function readCookie(header: string | undefined, name: CookieName): string | undefined {
  const values = valuesOf(header, name);
  return values.length === 1 ? values[0] : undefined;
}

/**
 * Returns the values of all cookies of a name, of which at most one is that of the gate. The caller must prove which one.
 * Empty if there are more than COOKIE_CANDIDATES_MAX.
 */
export function readCookieCandidates(header: string | undefined, name: CookieName): readonly string[] {
  const values = valuesOf(header, name);
  return values.length > COOKIE_CANDIDATES_MAX ? [] : values;
}

/** Returns the Set-Cookie headers that delete what a script of the host has set beside the cookies of the gate. */
export function formatDeletedRepetitions(header: string | undefined): readonly string[] {
  if (header === undefined || !header.includes('__Host-wb_')) return [];
  return Object.values(COOKIES)
    .filter((name) => valuesOf(header, name).length > 1)
    .map((name) => `${formatDeletedCookie(name)}; Partitioned`);
}

function valuesOf(header: string | undefined, name: CookieName): readonly string[] {
  if (header === undefined || !header.includes(name)) return [];
  const values: string[] = [];
  for (const pair of header.split(';')) {
    const at = pair.indexOf('=');
    if (at >= 0 && trimBlanks(pair.slice(0, at)) === name) values.push(trimBlanks(pair.slice(at + 1)));
  }
  return values;
}

/**
 * Removes what RFC 6265 allows around a name and a value: spaces and tabs. `trim()` would also remove the byte 0xA0, which Node.js
 * decodes as U+00A0. A page may set a cookie whose name begins with it: for the browser that is not a `__Host-` cookie.
 */
function trimBlanks(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isBlank(text[start])) start++;
  while (end > start && isBlank(text[end - 1])) end--;
  return text.slice(start, end);
}

function isBlank(character: string | undefined): boolean {
  return character === ' ' || character === '\t';
}

const ATTRIBUTES = 'Path=/; Secure; HttpOnly; SameSite=Lax';

/**
 * Returns the Set-Cookie header.
 * @param lifetimeMs how long the browser keeps the cookie; the sealed value has a limit of its own
 */
export function formatCookie(name: CookieName, value: string, lifetimeMs: number): string {
  return `${name}=${value}; Max-Age=${Math.max(0, Math.ceil(lifetimeMs / 1000))}; ${ATTRIBUTES}`;
}

/** Returns the Set-Cookie header that deletes the cookie. */
export function formatDeletedCookie(name: CookieName): string {
  return `${name}=; Max-Age=0; ${ATTRIBUTES}`;
}

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

/** Names of cookies that belong to the gate. Browsers compare the prefix without regard to case. */
const OWN_COOKIE = /^__host-wb_/i;

/** Returns a `Cookie` header without the cookies of the gate. Empty if no others are left. */
export function withoutOwnCookies(cookie: string): string {
  if (!/__host-wb_/i.test(cookie)) return cookie;
  const kept = cookie.split(';').filter((pair) => !isOwnCookie(pair));
  return kept.join(';').trim();
}

/**
 * Whether a cookie of a `Cookie` or `Set-Cookie` header has a name of the gate. A browser sends a cookie without a name and
 * with the value `__Host-wb_s=x` as if it had this name.
 */
export function isOwnCookie(cookie: string): boolean {
  return OWN_COOKIE.test(cookie.replace(/^[\s=]+/, ''));
}
