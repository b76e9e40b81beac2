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
