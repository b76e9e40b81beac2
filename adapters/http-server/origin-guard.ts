import type { IncomingMessage } from 'node:http';

/**
 * The allowed hosts and origins of a server on this computer. Web pages in the user's browser could attack it in two
 * ways: a page whose host name resolves to 127.0.0.1 (DNS rebinding; the Host header has that name), and a page that
 * sends requests to 127.0.0.1 (the Origin header has its origin). Both would give access to a shell.
 */
export interface OriginGuard {
  /** Host names in addition to 127.0.0.1, localhost and [::1]: `name` (any port) or `name:port`. Lower case. */
  readonly hosts: readonly string[];
  /** Whether further host names, in lower case and without a port, are allowed. */
  readonly isOwnHost?: (hostname: string) => boolean;
  /** Foreign origins whose pages may send unsafe methods. `*` allows all. Lower case. */
  readonly origins: readonly string[];
}

/** What the guard compares. */
export type GuardedRequest = Pick<IncomingMessage, 'method' | 'url' | 'headers' | 'headersDistinct'>;

export interface Refusal {
  readonly status: 400 | 403;
  readonly message: string;
}

const OWN_HOSTS = ['127.0.0.1', 'localhost', '[::1]'];
const HOST = /^(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::(\d{1,5}))?$/;
const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Returns the refusal of a request, or undefined when it is allowed. */
export function checkRequest(request: GuardedRequest, guard: OriginGuard): Refusal | undefined {
  // A target in absolute form contains a host that takes precedence over the checked header.
  if (!request.url?.startsWith('/')) return { status: 400, message: 'Bad Request' };
  const host = readSingleHeader(request, 'host')?.toLowerCase();
  if (host === undefined || !isKnownHost(host, guard)) {
    return {
      status: 403,
      message:
        'Forbidden: unknown host name. Allowed are 127.0.0.1, localhost, [::1] and WB_LOCAL_HOSTNAMES.',
    };
  }
  const isUnsafe = !SAFE_METHODS.has(request.method ?? '') || request.headers.upgrade !== undefined;
  if (isUnsafe && !isAllowedOrigin(request, host, guard)) {
    return { status: 403, message: 'Forbidden: pages of other origins may not send this request.' };
  }
  return undefined;
}

function isKnownHost(host: string, guard: OriginGuard): boolean {
  const match = HOST.exec(host);
  const name = match?.[1];
  if (name === undefined) return false;
  const isListed = OWN_HOSTS.includes(name) || guard.hosts.includes(name) || guard.hosts.includes(host);
  return isListed || guard.isOwnHost?.(name) === true;
}

/** A request without an Origin header comes from a program, unless Sec-Fetch-Site says that a page sent it. */
function isAllowedOrigin(request: GuardedRequest, host: string, guard: OriginGuard): boolean {
  if (guard.origins.includes('*')) return true;
  const origins = request.headersDistinct.origin ?? [];
  if (origins.length === 0) {
    const site = request.headers['sec-fetch-site'];
    return site === undefined || site === 'same-origin' || site === 'none';
  }
  return origins.every((value) => {
    const origin = value.toLowerCase();
    return originsOf(host).includes(origin) || guard.origins.includes(origin);
  });
}

/** Returns the origins of the pages of a host, http and https. Browsers leave out the default port, some proxies add it. */
export function originsOf(host: string): readonly string[] {
  return [`http://${host.replace(/:80$/, '')}`, `https://${host.replace(/:443$/, '')}`];
}

function readSingleHeader(request: GuardedRequest, name: string): string | undefined {
  const values = request.headersDistinct[name] ?? [];
  return values.length === 1 ? values[0] : undefined;
}
