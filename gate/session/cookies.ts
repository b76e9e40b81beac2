/**
 * The cookies of the gate. A browser accepts a `__Host-` cookie only from its own host, over a secure connection, without a
 * Domain and for all paths. A page of another workbench can therefore neither set nor replace it. No workbench receives or sets one
 * (gate/forward/own-cookies.ts).
 *
 * - `signIn`: the session on the sign-in host; in prefix mode the session for all workbenches of the user
 * - `workbench`: the session on the host of one workbench
 * - `signInState`: a sign-in at the issuer that has begun
 * - `idToken`: the ID token of the session, which the issuer asks for when the user signs out
 * - `entry`: on the host of a workbench, a secret of the browser that was sent to sign in; its ticket names the hash
 */
export const COOKIES = {
  signIn: '__Host-wb_u',
  workbench: '__Host-wb_s',
  signInState: '__Host-wb_l',
  idToken: '__Host-wb_i',
  entry: '__Host-wb_e',
} as const;

export type CookieName = (typeof COOKIES)[keyof typeof COOKIES];

/**
 * Returns the value of a cookie. Undefined if there is none or more than one: a second one was not set by the gate.
 * @param header the Cookie header; Node.js joins several with `; ` and limits their size
 */
export function readCookie(header: string | undefined, name: CookieName): string | undefined {
  let found: string | undefined;
  for (const pair of (header ?? '').split(';')) {
    const at = pair.indexOf('=');
    if (at < 0 || trimBlanks(pair.slice(0, at)) !== name) continue;
    if (found !== undefined) return undefined;
    found = trimBlanks(pair.slice(at + 1));
  }
  return found;
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
