import type { IncomingMessage } from 'node:http';
import { type GateAddress, gateAddressOf, urlOfWorkbench } from '#core/gate/gate-host.ts';
import { isWorkbenchId } from '#core/ports/ids.ts';
import { acceptsHtml } from '#gate/pages/responses.ts';

/** How browsers reach a workbench: at a host of its own, or below a path of one host that all workbenches share. */
export const ADDRESS_MODES = ['prefix', 'host'] as const;
export type AddressMode = (typeof ADDRESS_MODES)[number];

/** A workbench that was asked for, and what it is asked for. */
export interface WorkbenchTarget {
  readonly kind: 'workbench';
  readonly workbenchId: string;
  /** The path of the workbench in its public URL, without a slash at the end. Empty on a host of its own. */
  readonly prefix: string;
  /** The request target for the workbench. */
  readonly rest: string;
}

export type Located =
  | WorkbenchTarget
  /** The address is at another URL, to which browsers are redirected. */
  | { readonly kind: 'moved'; readonly location: string }
  /** A page asks for a workbench on the shared host, and workbenches have hosts of their own. */
  | { readonly kind: 'other_host' }
  | Exclude<WorkbenchPath, { kind: 'workbench' | 'missing_slash' }>;

/** The public addresses of the workbenches, and the way back from a request to its workbench. */
export class WorkbenchAddresses {
  readonly #mode: AddressMode;
  readonly #baseUrl: () => URL;
  /** The addresses of the last base URL. Every request needs them. */
  #computed: { readonly baseUrl: URL; readonly address: GateAddress } | undefined;

  /** @param baseUrl returns the URL of the host that all workbenches share; a proxy in front may have removed its path */
  constructor(mode: AddressMode, baseUrl: () => URL) {
    this.#mode = mode;
    this.#baseUrl = baseUrl;
  }

  /** Returns the public addresses. Computes them again only if the base URL has changed. */
  gateAddress(): GateAddress {
    const baseUrl = this.#baseUrl();
    if (this.#computed?.baseUrl !== baseUrl)
      this.#computed = { baseUrl, address: gateAddressOf(baseUrl, this.#mode) };
    return this.#computed.address;
  }

  /** Returns the URL of a workbench. It ends with a slash. */
  urlOf(workbenchId: string): string {
    return `${urlOfWorkbench(this.gateAddress(), workbenchId)}/`;
  }

  /** Whether this is the host name of a workbench, whether or not the workbench exists. */
  isWorkbenchHost(hostname: string): boolean {
    return this.#workbenchOf(hostname) !== undefined;
  }

  /** @param request its Host header has been checked */
  locate(request: Pick<IncomingMessage, 'method' | 'url' | 'headers'>): Located {
    const target = request.url ?? '/';
    const workbenchId = this.#workbenchOf((request.headers.host ?? '').replace(/:\d+$/, ''));
    if (workbenchId !== undefined) return { kind: 'workbench', workbenchId, prefix: '', rest: target };
    const path = parseWorkbenchPath(target);
    if (path.kind === 'missing_slash') return { kind: 'moved', location: this.#publicPath(path.location) };
    if (path.kind !== 'workbench') return path;
    if (this.#mode === 'host' && isFromBrowser(request)) {
      return isNavigation(request)
        ? { kind: 'moved', location: `${this.urlOf(path.workbenchId).slice(0, -1)}${path.rest}` }
        : { kind: 'other_host' };
    }
    return { ...path, prefix: this.#publicPath(path.prefix) };
  }

  #workbenchOf(hostname: string): string | undefined {
    const { domain } = this.gateAddress();
    if (domain === undefined) return undefined;
    const name = hostname.toLowerCase();
    const label = name.endsWith(`.${domain}`) ? name.slice(0, -domain.length - 1) : '';
    return isWorkbenchId(label) ? label : undefined;
  }

  #publicPath(path: string): string {
    return `${this.gateAddress().path}${path}`;
  }
}

/** Programs send none of these headers, but Node.js sends `Sec-Fetch-Mode`. Old browsers send only the last two. */
function isFromBrowser({ headers }: Pick<IncomingMessage, 'headers'>): boolean {
  return headers['sec-fetch-site'] !== undefined || headers.origin !== undefined || acceptsHtml({ headers });
}

/** Whether a browser shows the response as a page. */
export function isNavigation({ method, headers }: Pick<IncomingMessage, 'method' | 'headers'>): boolean {
  if (method !== 'GET' && method !== 'HEAD') return false;
  const mode = headers['sec-fetch-mode'];
  return mode === undefined ? acceptsHtml({ headers }) && headers.upgrade === undefined : mode === 'navigate';
}

/** A parsed request target of the workbenches' origin. */
export type WorkbenchPath =
  | {
      readonly kind: 'workbench';
      readonly workbenchId: string;
      readonly prefix: string;
      readonly rest: string;
    }
  /** The URL of a workbench without the final slash. Relative links of its pages would be wrong. */
  | { readonly kind: 'missing_slash'; readonly location: string }
  | { readonly kind: 'index' }
  | { readonly kind: 'unknown' };

/** @param target the request target in origin form, `/path?query` */
export function parseWorkbenchPath(target: string): WorkbenchPath {
  const query = target.indexOf('?');
  const path = query === -1 ? target : target.slice(0, query);
  const search = query === -1 ? '' : target.slice(query);
  if (path === '/') return { kind: 'index' };
  const [, first, workbenchId, ...more] = path.split('/');
  if (first !== 'project' || workbenchId === undefined || !isWorkbenchId(workbenchId))
    return { kind: 'unknown' };
  const prefix = `/project/${workbenchId}`;
  if (more.length === 0) return { kind: 'missing_slash', location: `${prefix}/${search}` };
  return { kind: 'workbench', workbenchId, prefix, rest: `/${more.join('/')}${search}` };
}
