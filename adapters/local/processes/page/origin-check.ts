import type { IncomingMessage } from 'node:http';
import { FileProblem } from './file-problem.ts';

/** Returns the host name of a Host header, or undefined when it is missing or invalid. */
function hostnameOf(host: string | undefined): string | undefined {
  if (host === undefined || !/^[A-Za-z0-9.\-_:[\]]+$/.test(host)) return undefined;
  try {
    return new URL(`http://${host}`).hostname;
  } catch {
    return undefined;
  }
}

function isKnownHost(hostname: string, baseHostname: string | undefined): boolean {
  return (
    ['127.0.0.1', 'localhost', '[::1]', baseHostname].includes(hostname) || hostname.endsWith('.localhost')
  );
}

/**
 * Refuses requests that another site makes a browser send: requests with a foreign host name that resolves to this
 * computer (DNS rebinding), and requests that the page itself did not send.
 *
 * @param baseHostname the host name of BASE_URL, if set
 * @throws FileProblem `forbidden`
 */
export function checkOrigin(request: IncomingMessage, baseHostname: string | undefined): void {
  const { host, origin } = request.headers;
  const hostname = hostnameOf(host);
  if (hostname === undefined || !isKnownHost(hostname, baseHostname)) {
    throw new FileProblem('forbidden', 'The workbench does not have this host name.');
  }
  const site = request.headers['sec-fetch-site'];
  const safe = request.method === 'GET' || request.method === 'HEAD';
  const navigates = safe && request.headers['sec-fetch-mode'] === 'navigate';
  const foreignSite =
    site !== undefined && site !== 'same-origin' && !(safe && site === 'none') && !navigates;
  const foreignOrigin = origin !== undefined && origin !== `http://${host}` && origin !== `https://${host}`;
  if (foreignSite || foreignOrigin) {
    throw new FileProblem('forbidden', 'Another site sent this request.');
  }
}
