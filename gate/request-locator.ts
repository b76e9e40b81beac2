import type { IncomingMessage } from 'node:http';
import { checkRequest, type OriginGuard, originsOf } from '#adapters/http-server/origin-guard.ts';
import { type GateHost, originOfWorkbench, parseGateHost } from '#core/gate/gate-host.ts';
import type { RequestSource } from '#core/gate/request-origin.ts';
import { isOwnPath } from './own-route.ts';
import type { Located, WorkbenchAddresses } from './workbench-addresses.ts';

/** What a request asks for, once its Host header has been checked. */
export interface LocatedRequest {
  readonly kind: 'located';
  readonly host: GateHost['kind'];
  readonly asked: Located | OwnTarget;
  readonly source: RequestSource;
  /** The public origin that was asked. */
  readonly origin: string;
  /** The origins of the pages of this address, in lower case and without a default port. */
  readonly ownOrigins: readonly string[];
}

/** A path of the gate. */
export interface OwnTarget {
  readonly kind: 'own';
  /** The request target, without the path of the workbench. */
  readonly target: string;
  /** The path and query in the public URL. */
  readonly publicPath: string;
  readonly prefix: string;
  readonly workbenchId?: string;
}

/** A request that is for no host of the gate, or that local mode refuses. */
export interface RefusedRequest {
  readonly kind: 'refused';
  readonly status: 400 | 403 | 404;
  readonly message: string;
  readonly source: RequestSource;
  /** Present for a path of the gate: some exist for every Host header. */
  readonly ownTarget?: string;
}

/** What the gate compares before it reads anything else. */
export type LocatableRequest = Pick<IncomingMessage, 'method' | 'url' | 'headers' | 'headersDistinct'>;

/** Finds out what a request asks for. */
export interface RequestLocator {
  locate(request: LocatableRequest): LocatedRequest | RefusedRequest;
}

/**
 * For local mode without sign-in: several names of this computer are allowed, and programs may use the path of a workbench
 * although it has a host of its own.
 */
export class GuardedLocator implements RequestLocator {
  readonly #addresses: WorkbenchAddresses;
  readonly #guard: OriginGuard;

  constructor(addresses: WorkbenchAddresses, guard: OriginGuard) {
    this.#addresses = addresses;
    this.#guard = { ...guard, isOwnHost: (name) => addresses.isWorkbenchHost(name) };
  }

  locate(request: LocatableRequest): LocatedRequest | RefusedRequest {
    const source = sourceOf(request);
    const refusal = checkRequest(request, this.#guard);
    if (refusal !== undefined) return { kind: 'refused', ...refusal, source };
    const located = this.#addresses.locate(request);
    const host = request.headers.host?.toLowerCase() ?? '';
    const origins = originsOf(host);
    const { scheme, path } = this.#addresses.gateAddress();
    return {
      kind: 'located',
      host: located.kind === 'workbench' ? 'workbench_host' : 'sign_in_host',
      asked: ownTargetOf(located, request.url ?? '/', path) ?? located,
      source,
      origin: origins.find((origin) => origin.startsWith(`${scheme}:`)) ?? `${scheme}://${host}`,
      ownOrigins: [...origins, ...this.#guard.origins],
    };
  }
}

/** For gates with sign-in: the Host header must be exactly the sign-in host or the host of a workbench. */
export class ExactLocator implements RequestLocator {
  readonly #addresses: WorkbenchAddresses;

  constructor(addresses: WorkbenchAddresses) {
    this.#addresses = addresses;
  }

  locate(request: LocatableRequest): LocatedRequest | RefusedRequest {
    const source = sourceOf(request);
    const target = request.url ?? '';
    const address = this.#addresses.gateAddress();
    const hosts = request.headersDistinct.host ?? [];
    const host = parseGateHost(hosts, target, address);
    if (host === undefined) return refuseHost(hosts, target, source);
    const { workbenchId } = { workbenchId: undefined, ...host };
    const origin = workbenchId === undefined ? address.signInOrigin : originOfWorkbench(address, workbenchId);
    const located: Located =
      workbenchId === undefined
        ? this.#locateOnSignInHost(request)
        : { kind: 'workbench', workbenchId, prefix: '', rest: target };
    return {
      kind: 'located',
      host: located.kind === 'workbench' ? 'workbench_host' : 'sign_in_host',
      asked: ownTargetOf(located, target, address.path) ?? located,
      source,
      origin,
      ownOrigins: [origin],
    };
  }

  /** The session of the sign-in host must not reach a workbench that has a host of its own: its pages would share the origin. */
  #locateOnSignInHost(request: LocatableRequest): Located {
    const located = this.#addresses.locate(request);
    const isShared = this.#addresses.gateAddress().domain === undefined;
    return located.kind === 'workbench' && !isShared ? { kind: 'other_host' } : located;
  }
}

export function isWebSocket({ headers }: Pick<IncomingMessage, 'headers'>): boolean {
  return headers.upgrade?.toLowerCase() === 'websocket';
}

function sourceOf(request: LocatableRequest): RequestSource {
  const header = (name: string) => request.headers[name]?.toString();
  const site = header('sec-fetch-site');
  const mode = header('sec-fetch-mode');
  const dest = header('sec-fetch-dest');
  return {
    method: request.method ?? '',
    webSocket: isWebSocket(request),
    origins: request.headersDistinct.origin ?? [],
    ...(site === undefined ? {} : { secFetchSite: site }),
    ...(mode === undefined ? {} : { secFetchMode: mode }),
    ...(dest === undefined ? {} : { secFetchDest: dest }),
  };
}

/** @param path the path of the public URL, which a proxy in front has removed */
function ownTargetOf(located: Located, target: string, path: string): OwnTarget | undefined {
  if (located.kind !== 'workbench') {
    return isOwnPath(target)
      ? { kind: 'own', target, publicPath: `${path}${target}`, prefix: '' }
      : undefined;
  }
  const { workbenchId, prefix, rest } = located;
  return isOwnPath(rest)
    ? { kind: 'own', target: rest, publicPath: `${prefix}${rest}`, prefix, workbenchId }
    : undefined;
}

function refuseHost(hosts: readonly string[], target: string, source: RequestSource): RefusedRequest {
  // A target in absolute form contains a host that takes precedence over the header. HTTP allows one Host header.
  if (!target.startsWith('/') || hosts.length > 1)
    return { kind: 'refused', status: 400, message: 'Bad Request', source };
  return {
    kind: 'refused',
    status: 404,
    message: 'Not Found: no workbench has this host name.',
    source,
    ...(isOwnPath(target) ? { ownTarget: target } : {}),
  };
}
