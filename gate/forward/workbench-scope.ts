import type { IncomingHttpHeaders } from 'node:http';

/** What a workbench may name in its response headers. */
export interface WorkbenchScope {
  /** The path of the workbench in the public URL: `/project/<id>`. */
  readonly prefix: string;
  /** The hosts under which the workbench may know itself, with their ports: the one asked for, its own address. */
  readonly hosts: ReadonlySet<string>;
}

/**
 * Changes the headers of a response so that paths of the workbench stay below its prefix. The program in the workbench
 * does not know the prefix, and all workbenches share one origin: a cookie for `/` would be sent to all of them, a
 * redirect to `/login` would leave the workbench, a service worker for `/` would control the pages of the others.
 */
export function confineResponse(headers: IncomingHttpHeaders, scope: WorkbenchScope): void {
  for (const name of ['location', 'content-location'] as const) {
    const value = headers[name];
    if (value !== undefined) headers[name] = confineUrl(value, scope);
  }
  if (typeof headers.refresh === 'string') headers.refresh = confineRefresh(headers.refresh, scope);
  const worker = headers['service-worker-allowed'];
  if (worker !== undefined) {
    const path = confineUrl(String(worker), scope);
    if (isBelow(path, scope.prefix)) headers['service-worker-allowed'] = path;
    else delete headers['service-worker-allowed'];
  }
  // It would delete the cookies and the storage of all workbenches.
  delete headers['clear-site-data'];
  const cookies = headers['set-cookie'];
  if (cookies !== undefined) headers['set-cookie'] = cookies.map((cookie) => confineCookie(cookie, scope));
}

/** Stands for the host of a URL that has none. */
const ANY_HOST = 'same.invalid';

/** Returns a URL unchanged if it is relative or of another host, otherwise its path below the prefix. */
export function confineUrl(value: string, { prefix, hosts }: WorkbenchScope): string {
  const path = pathOnOwnHost(value, hosts);
  if (path === undefined) return value;
  return isBelow(path, prefix) ? path : `${prefix}${path}`;
}

/** `..`, which leads out of the prefix, and characters that browsers read as `/` or ignore. */
const NOT_LITERAL = /(?:^|\/)(?:\.|%2e){1,2}(?:[/?#]|$)|[\\\t]/i;

/** @returns undefined for a relative URL and for one of another host */
function pathOnOwnHost(value: string, hosts: ReadonlySet<string>): string | undefined {
  const isPath = /^\/(?![/\\\t])/.test(value);
  if (isPath && !NOT_LITERAL.test(value)) return value;
  if (!isPath && !/^(?:https?:)?[/\\\t]{2}/i.test(value)) return undefined;
  const url = URL.parse(value, `http://${ANY_HOST}`);
  if (url === null || !(url.host === ANY_HOST || hosts.has(url.host))) return undefined;
  // Two slashes at the beginning would name another host.
  const path = url.pathname.startsWith('//') ? `/.${url.pathname}` : url.pathname;
  return `${path}${url.search}${url.hash}`;
}

/** Whether a path is the prefix or below it: `/project/<id>?a` is, `/project/<id>x` is not. */
function isBelow(path: string, prefix: string): boolean {
  return path.startsWith(prefix) && /^(?:$|[/?#])/.test(path.slice(prefix.length));
}

/** `5; url=/x` */
function confineRefresh(value: string, scope: WorkbenchScope): string {
  const [, before = '', quote = '', url = ''] =
    /^(\s*[\d.]+\s*[;,]\s*(?:url\s*=\s*)?)(["']?)(.*?)\2\s*$/i.exec(value) ?? [];
  return url === '' ? value : `${before}${quote}${confineUrl(url, scope)}${quote}`;
}

/**
 * Puts the prefix before the path of a cookie, and removes its domain. A cookie without a path belongs to the folder of
 * the requested URL, which is below the prefix.
 */
function confineCookie(cookie: string, scope: WorkbenchScope): string {
  const [pair = '', ...attributes] = cookie.split(';');
  const confined = attributes.flatMap((attribute) => {
    const [name = '', ...rest] = attribute.split('=');
    const key = name.trim().toLowerCase();
    if (key === 'domain') return [];
    const path = rest.join('=').trim();
    if (key !== 'path' || !path.startsWith('/')) return [attribute];
    return [` Path=${isBelow(path, scope.prefix) ? path : `${scope.prefix}${path}`}`];
  });
  return [pair, ...confined].join(';');
}
