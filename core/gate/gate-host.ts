import { isWorkbenchId } from '../ports/ids.ts';

/**
 * The public addresses of the gate. The sign-in host is where users sign in. In host mode each workbench has a host of its
 * own, `<workbench id>.<domain>`. In prefix mode the sign-in host serves all workbenches at `/project/<workbench id>/`.
 */
export interface GateAddress {
  /** `https://gate.example:8443`: in lower case and without a default port. */
  readonly signInOrigin: string;
  /** The path of the public URL, which a proxy in front removes: without a slash at the end, usually empty. */
  readonly path: string;
  /** The domain of the workbench hosts; absent in prefix mode. */
  readonly domain?: string;
  readonly scheme: 'http' | 'https';
  /** As in an origin: empty if it is the default port, otherwise `:8443`. */
  readonly port: string;
}

/** The host that a request asks for. */
export type GateHost =
  | { readonly kind: 'sign_in_host' }
  | { readonly kind: 'workbench_host'; readonly workbenchId: string };

const DEFAULT_PORTS = { http: '80', https: '443' };

/** A name or an IPv6 address, with a port or without. A name with a final dot is another origin for browsers: refused. */
const HOST = /^(\[[0-9a-f:.]+\]|[a-z0-9_-]+(?:\.[a-z0-9_-]+)*)(?::(\d{1,5}))?$/;

/** @throws TypeError unless the URL is http or https */
export function gateAddressOf(baseUrl: URL, mode: 'prefix' | 'host'): GateAddress {
  const scheme = baseUrl.protocol.slice(0, -1);
  if (scheme !== 'http' && scheme !== 'https')
    throw new TypeError(`not an http or https URL: ${baseUrl.href}`);
  return {
    signInOrigin: baseUrl.origin,
    path: baseUrl.pathname.replace(/\/+$/, ''),
    scheme,
    port: baseUrl.port === '' ? '' : `:${baseUrl.port}`,
    ...(mode === 'host' ? { domain: domainOf(baseUrl) } : {}),
  };
}

/** An address has no subdomains. Browsers resolve those of `localhost` to this computer. */
function domainOf({ hostname }: URL): string {
  return hostname.startsWith('[') || /^[\d.]+$/.test(hostname) ? 'localhost' : hostname;
}

/** Returns the origin of the pages of a workbench: `https://<id>.gate.example`. */
export function originOfWorkbench(
  { scheme, domain, port, signInOrigin }: GateAddress,
  workbenchId: string,
): string {
  return domain === undefined ? signInOrigin : `${scheme}://${workbenchId}.${domain}${port}`;
}

/** Returns the URL of a workbench without the slash at its end. */
export function urlOfWorkbench(address: GateAddress, workbenchId: string): string {
  const origin = originOfWorkbench(address, workbenchId);
  return address.domain === undefined ? `${origin}${address.path}/project/${workbenchId}` : origin;
}

/**
 * Returns the host that a request asks for; undefined if the gate does not serve this host.
 * @param hosts the values of all its Host headers: HTTP allows one
 * @param target the request target. In absolute form it contains a host that takes precedence over the header: refused.
 */
export function parseGateHost(
  hosts: readonly string[],
  target: string,
  address: GateAddress,
): GateHost | undefined {
  const [host, ...more] = hosts;
  if (host === undefined || more.length > 0 || !target.startsWith('/')) return undefined;
  const match = HOST.exec(host.toLowerCase());
  if (match === null) return undefined;
  const [, name = '', portText] = match;
  const port = portText === undefined || portText === DEFAULT_PORTS[address.scheme] ? '' : `:${portText}`;
  if (`${address.scheme}://${name}${port}` === address.signInOrigin) return { kind: 'sign_in_host' };
  const suffix = `.${address.domain}`;
  if (address.domain === undefined || port !== address.port || !name.endsWith(suffix)) return undefined;
  const workbenchId = name.slice(0, -suffix.length);
  return isWorkbenchId(workbenchId) ? { kind: 'workbench_host', workbenchId } : undefined;
}

/** The longest path that a sign-in returns to. It is in URLs and in a cookie. */
export const RETURN_PATH_MAX = 2048;

export const LOCAL_PATH = /^\/(?![/\\])[\x21-\x7e]*$/;

/**
 * Whether a text is a path of its own host, for a redirect. Browsers read `//` and `/\` as the beginning of another host, and
 * ignore tabs and line feeds between them.
 */
export function isLocalPath(text: string): boolean {
  return text.length <= RETURN_PATH_MAX && LOCAL_PATH.test(text);
}

/** Where a sign-in returns to. */
export interface ReturnUrl {
  /** Absent for the page of the sign-in host at which a link is redeemed. */
  readonly workbenchId?: string;
  /** For the origin of the workbench or of the sign-in host: path and query. */
  readonly path: string;
}

/**
 * Parses the URL to which a sign-in returns: `<scheme>://<workbench id>.<domain>[:port]/…`, in prefix mode
 * `<sign-in origin>/project/<workbench id>/…`; or that of the page for links. The text itself is compared, not what a URL parser makes of it: parsers
 * differ. Returns undefined for every other text.
 */
export function parseReturnUrl(text: string, address: GateAddress): ReturnUrl | undefined {
  const origin = /^[a-z]+:\/\/[^/]*/.exec(text)?.[0];
  if (origin === undefined) return undefined;
  const path = text.slice(origin.length);
  if (!isLocalPath(path)) return undefined;
  if (text === shareLinkReturnUrlOf(address)) return { path };
  const id =
    address.domain === undefined
      ? path.startsWith(`${address.path}/project/`) &&
        path.slice(`${address.path}/project/`.length).split(/[/?#]/)[0]
      : origin.slice(`${address.scheme}://`.length).split('.')[0];
  if (!id || !isWorkbenchId(id) || origin !== originOfWorkbench(address, id)) return undefined;
  if (!text.startsWith(`${urlOfWorkbench(address, id)}/`)) return undefined;
  return { workbenchId: id, path };
}

/** The path below the URL of a workbench at which a ticket is exchanged for a session. */
export const ENTRY_PATH = '/.wb/enter';

/**
 * Returns the URL that exchanges a ticket for a session on the host of the workbench.
 * @param path where the browser goes then: path and query of the workbench's origin
 */
export function entryUrlOf(address: GateAddress, workbenchId: string, secret: string, path: string): string {
  return `${urlOfWorkbench(address, workbenchId)}${ENTRY_PATH}?${new URLSearchParams({ t: secret, p: path })}`;
}

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

/** The page on the sign-in host at which a link is redeemed, and the one to which a sign-in for it returns. */
export const SHARE_LINK_PATH = '/.wb/share';
export const SHARE_LINK_RETURN_PATH = '/.wb/share/continue';

/** The address of the sign-in host, as in `GateAddress`. */
interface SignInAddress {
  readonly signInOrigin: string;
  readonly path: string;
}

/**
 * Returns the address of a link. The code is in the fragment: browsers send it neither to a server nor in `Referer`, so that no log
 * and no other page gets it.
 */
export function shareLinkUrlOf({ signInOrigin, path }: SignInAddress, code: string): string {
  return `${signInOrigin}${path}${SHARE_LINK_PATH}#${code}`;
}

/** Returns the URL to which a sign-in returns that was begun for a link. */
export function shareLinkReturnUrlOf({ signInOrigin, path }: SignInAddress): string {
  return `${signInOrigin}${path}${SHARE_LINK_RETURN_PATH}`;
}
