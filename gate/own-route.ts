import type { IncomingMessage, ServerResponse } from 'node:http';
import { isFromForeignPage, type RequestSource } from '#core/gate/request-origin.ts';
import type { Visitor } from '#core/gate/visitor.ts';

/** Every path below it belongs to the gate, on every host. It never reaches a workbench. */
const OWN_PATH_PREFIX = '/.wb/';

/** The page that says who is signed in. It exists only with sessions. */
export const ACCOUNT_PATH = '/.wb/account';

/** The page that explains why workbenches stop, and how to keep them. */
export const IDLE_STOP_PATH = '/.wb/idle-stop';

/** A request to the gate itself. The Host header, the path and the origin of the page have been checked. */
export interface OwnRequest {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** The public URL of the request. */
  readonly url: URL;
  /** The workbench whose host, or in prefix mode whose path, was asked; undefined on the sign-in host. */
  readonly workbenchId?: string;
  /** The path of the workbench in its public URL, without a slash at the end. Empty on a host of its own and on the sign-in host. */
  readonly prefix: string;
  /** `none` for a route from `any`: the request may be that of a foreign page. */
  readonly visitor: Visitor;
}

/** A path of the gate itself. */
export interface OwnRoute {
  /** A GET route also responds to HEAD. */
  readonly method: 'GET' | 'POST';
  /** Begins with OWN_PATH_PREFIX. Compared as a whole. */
  readonly path: `/.wb/${string}`;
  /**
   * On which hosts it exists. `any`: on both. `unchecked`: also for a Host header that names neither, such as the address of a
   * task that the health check of a load balancer sends.
   */
  readonly on: 'sign_in_host' | 'workbench_host' | 'any' | 'unchecked';
  /**
   * Whose pages may send it: `own` (the page's origin is the host's own), `frontend` (also the origins of
   * RESTAPI_CORS_ORIGIN), `any` (checked by the handler: no cookie is trusted). Links and redirects from other pages
   * reach a GET route in each case.
   */
  readonly from: 'own' | 'frontend' | 'any';
  /** Whether a request is a use of the session, which extends it. @default true */
  readonly renewsSession?: boolean;
  /** Responds. An exception becomes a 503 and is logged. */
  handle(request: OwnRequest): Promise<void>;
}

/** Where a path of the gate was asked for. `other_host`: the Host header names none of its hosts. */
export type AskedHost = 'sign_in_host' | 'workbench_host' | 'other_host';

export type FoundOwnRoute =
  | { readonly kind: 'route'; readonly route: OwnRoute }
  | { readonly kind: 'unknown' }
  /** @property allow the value of the `Allow` header */
  | { readonly kind: 'wrong_method'; readonly allow: string }
  | { readonly kind: 'foreign_origin' };

/** What a request for a path of the gate is compared with. */
export interface OwnRouteRequest {
  readonly source: RequestSource;
  /** The request target: path and query. */
  readonly target: string;
  readonly host: AskedHost;
  /** The origins of the pages of the host, in lower case and without a default port. */
  readonly ownOrigins: readonly string[];
}

/** Whether a request target is below OWN_PATH_PREFIX. Compared as it stands: other spellings belong to the workbench. */
export function isOwnPath(target: string): boolean {
  return target.startsWith(OWN_PATH_PREFIX);
}

/** The table of the paths of the gate. */
export class OwnRoutes {
  readonly #routes: readonly OwnRoute[];
  readonly #frontendOrigins: readonly string[];

  /** @param frontendOrigins the origins of RESTAPI_CORS_ORIGIN, in lower case */
  constructor(routes: readonly OwnRoute[], frontendOrigins: readonly string[] = []) {
    this.#routes = routes;
    this.#frontendOrigins = frontendOrigins;
  }

  /** Whether a route of the gate has this path. */
  has(path: OwnRoute['path']): boolean {
    return this.#routes.some((route) => route.path === path);
  }

  /** Returns the route of a request, or why it has none. */
  find({ source, target, host, ownOrigins }: OwnRouteRequest): FoundOwnRoute {
    const [path] = target.split('?');
    const candidates = this.#routes.filter((route) => route.path === path && existsOn(route, host));
    if (candidates.length === 0) return { kind: 'unknown' };
    const method = source.method === 'HEAD' ? 'GET' : source.method;
    const route = source.webSocket ? undefined : candidates.find((candidate) => candidate.method === method);
    if (route === undefined) return { kind: 'wrong_method', allow: allowOf(candidates) };
    if (this.#isForeign(route, source, ownOrigins)) return { kind: 'foreign_origin' };
    return { kind: 'route', route };
  }

  #isForeign({ from }: OwnRoute, source: RequestSource, ownOrigins: readonly string[]): boolean {
    if (from === 'any') return false;
    const allowed = from === 'own' ? ownOrigins : [...ownOrigins, ...this.#frontendOrigins];
    return isFromForeignPage(source, allowed);
  }
}

function existsOn({ on }: OwnRoute, host: AskedHost): boolean {
  return on === 'unchecked' || on === host || (on === 'any' && host !== 'other_host');
}

function allowOf(routes: readonly OwnRoute[]): string {
  return routes.flatMap(({ method }) => (method === 'GET' ? ['GET', 'HEAD'] : [method])).join(', ');
}
