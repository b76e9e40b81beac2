import type { GateAddress } from './gate-host.ts';

/** The path of the sign-in on the sign-in host. */
export const SIGN_IN_PATH = '/.wb/login';

/**
 * Returns the URL at which a user signs in.
 * @param returnUrl where the sign-in returns to, as `parseReturnUrl` accepts it
 * @param browser the binding of the browser on the host of the workbench: `Ticket.browser`
 */
export function signInUrlOf(
  { signInOrigin, path }: Pick<GateAddress, 'signInOrigin' | 'path'>,
  returnUrl: string,
  browser?: string,
): string {
  const query = new URLSearchParams({ rd: returnUrl, ...(browser === undefined ? {} : { b: browser }) });
  return `${signInOrigin}${path}${SIGN_IN_PATH}?${query}`;
}

/** Returns the binding in the query of such a URL; undefined if there is none. It has the form of a SHA-256 in base64url. */
export function readBrowserBinding(query: URLSearchParams): string | undefined {
  const [binding, ...more] = query.getAll('b');
  return more.length === 0 && binding !== undefined && /^[\w-]{43}$/.test(binding) ? binding : undefined;
}
