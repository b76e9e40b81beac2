import type { IncomingMessage } from 'node:http';
import { FileProblem } from './file-problem.ts';

/** Reads the host's name from a Host header; undefined when there is none to be read. */
function hostnameOf(host: string | undefined): string | undefined {
  if (host === undefined || !/^[A-Za-z0-9.\-_:[\]]+$/.test(host)) return undefined;
  try {
    return new URL(`http://${host}`).hostname;
  } catch {
    return undefined;
  }
}

function isOurs(hostname: string, baseHostname: string | undefined): boolean {
  return (
    ['127.0.0.1', 'localhost', '[::1]', baseHostname].includes(hostname) || hostname.endsWith('.localhost')
  );
}

/**
 * Refuses what another site makes a browser send: names that only point here (DNS rebinding), and requests
 * that the page itself did not make.
 *
 * @param baseHostname the name under which people reach the workbench, where there is one
 * @throws FileProblem `forbidden`
 */
export function checkOrigin(request: IncomingMessage, baseHostname: string | undefined): void {
  const { host, origin } = request.headers;
  const hostname = hostnameOf(host);
  if (hostname === undefined || !isOurs(hostname, baseHostname)) {
    throw new FileProblem('forbidden', 'This name does not belong to the workbench.');
  }
  const site = request.headers['sec-fetch-site'];
  const safe = request.method === 'GET' || request.method === 'HEAD';
  const navigates = safe && request.headers['sec-fetch-mode'] === 'navigate';
  const foreignSite =
    site !== undefined && site !== 'same-origin' && !(safe && site === 'none') && !navigates;
  const foreignOrigin = origin !== undefined && origin !== `http://${host}` && origin !== `https://${host}`;
  if (foreignSite || foreignOrigin) {
    throw new FileProblem('forbidden', 'Another site asked for this.');
  }
}
