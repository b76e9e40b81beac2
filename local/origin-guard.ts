import type { IncomingMessage } from 'node:http';

/**
 * Who may speak to a server on this machine. Two dangers come from web pages in the user's own browser: one
 * that makes its own name resolve to 127.0.0.1 (its requests then carry that name as Host), and one that
 * simply sends requests here (they carry its Origin). Both would reach a shell.
 */
export interface OriginGuard {
  /** Names beside 127.0.0.1, localhost and [::1]: `name`, at any port, or `name:port`. Lower case. */
  readonly hosts: readonly string[];
  /** Foreign origins whose pages may change something; `*` is all. Lower case. */
  readonly origins: readonly string[];
}

export interface Refusal {
  readonly status: 400 | 403;
  readonly message: string;
}

const OWN_HOSTS = ['127.0.0.1', 'localhost', '[::1]'];
const HOST = /^(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::(\d{1,5}))?$/;
const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Why this request is refused; undefined when it may pass. */
export function checkRequest(request: IncomingMessage, guard: OriginGuard): Refusal | undefined {
  // A target in absolute form names a host of its own, which would pass by the check of the header.
  if (!request.url?.startsWith('/')) return { status: 400, message: 'Bad Request' };
  const host = readSingleHeader(request, 'host')?.toLowerCase();
  if (host === undefined || !isKnownHost(host, guard)) {
    return {
      status: 403,
      message:
        'Forbidden: not a host name of this server. It answers to 127.0.0.1, localhost, [::1] and WB_LOCAL_HOSTNAMES.',
    };
  }
  const changes = !SAFE_METHODS.has(request.method ?? '') || request.headers.upgrade !== undefined;
  if (changes && !isAllowedOrigin(request, host, guard)) {
    return { status: 403, message: 'Forbidden: pages of another origin may not do this here.' };
  }
  return undefined;
}

function isKnownHost(host: string, guard: OriginGuard): boolean {
  const match = HOST.exec(host);
  const name = match?.[1];
  if (name === undefined) return false;
  return OWN_HOSTS.includes(name) || guard.hosts.includes(name) || guard.hosts.includes(host);
}

/** A request without an Origin comes from a program, not from a page; unless a browser says it does. */
function isAllowedOrigin(request: IncomingMessage, host: string, guard: OriginGuard): boolean {
  if (guard.origins.includes('*')) return true;
  const origins = request.headersDistinct.origin ?? [];
  if (origins.length === 0) {
    const site = request.headers['sec-fetch-site'];
    return site === undefined || site === 'same-origin' || site === 'none';
  }
  return origins.every((written) => {
    const origin = written.toLowerCase();
    return origin === `http://${host}` || origin === `https://${host}` || guard.origins.includes(origin);
  });
}

function readSingleHeader(request: IncomingMessage, name: string): string | undefined {
  const values = request.headersDistinct[name] ?? [];
  return values.length === 1 ? values[0] : undefined;
}
