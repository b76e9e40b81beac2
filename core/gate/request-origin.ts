/** What a request says of the page that sent it. */
export interface RequestSource {
  readonly method: string;
  /** Whether it asks for a WebSocket. */
  readonly webSocket: boolean;
  /** The values of its Origin headers. */
  readonly origins: readonly string[];
  readonly secFetchSite?: string;
  readonly secFetchMode?: string;
  readonly secFetchDest?: string;
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
  return isUnsafe(request) && !isOwnSite(secFetchSite);
}

/** The targets of navigations within a page. */
export const FRAME_DESTINATIONS = new Set(['iframe', 'frame', 'embed', 'object']);

/**
 * Whether the page of another origin loads something as a part of itself: a script, an image or a frame. The browser sends such
 * a request without `Origin`, and from a page of the same site with the cookies. A link to a workbench is no such request.
 * @param mayBeFramed whether pages of other origins may show the response in a frame
 */
export function isForeignPart(
  { method, secFetchSite, secFetchMode, secFetchDest = '' }: RequestSource,
  mayBeFramed: boolean,
): boolean {
  // The other methods: isFromForeignPage. OPTIONS is a CORS preflight, which has neither cookies nor an effect.
  if (method !== 'GET' && method !== 'HEAD') return false;
  if (isOwnSite(secFetchSite)) return false;
  if (secFetchMode !== 'navigate') return true;
  return !(secFetchDest === 'document' || (mayBeFramed && FRAME_DESTINATIONS.has(secFetchDest)));
}

/** Whether the page of the same origin sent a request, a person typed the address, or the request is that of a program. */
function isOwnSite(secFetchSite: string | undefined): boolean {
  return secFetchSite === undefined || secFetchSite === 'same-origin' || secFetchSite === 'none';
}
