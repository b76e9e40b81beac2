/** What a request says of the page that sent it. */
export interface RequestSource {
  readonly method: string;
  /** Whether it asks for a WebSocket. */
  readonly webSocket: boolean;
  /** The values of its Origin headers. */
  readonly origins: readonly string[];
  readonly secFetchSite?: string;
}

const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Whether a request may change something, or reads and writes as a WebSocket does. */
export function isUnsafe({ method, webSocket }: Pick<RequestSource, 'method' | 'webSocket'>): boolean {
  return webSocket || !SAFE_METHODS.has(method);
}

/**
 * Whether the page of another origin sent a request. All hosts of workbenches are one site, so `SameSite` cookies do not
 * separate them: the origin alone does. A request without both headers comes from a program; browsers send at least one
 * with every unsafe method and every WebSocket.
 * @param ownOrigins in lower case and without a default port
 */
export function isFromForeignPage(
  { origins, secFetchSite, ...request }: RequestSource,
  ownOrigins: readonly string[],
): boolean {
  if (origins.length > 0) return !origins.every((origin) => ownOrigins.includes(origin.toLowerCase()));
  const isOwnPage = secFetchSite === undefined || secFetchSite === 'same-origin' || secFetchSite === 'none';
  return isUnsafe(request) && !isOwnPage;
}
