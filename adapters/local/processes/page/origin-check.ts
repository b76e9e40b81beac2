import type { IncomingMessage } from 'node:http';
import { FileProblem } from './file-problem.ts';

/**
 * Refuses requests that the page itself did not send, but another site made a browser send. The host name is not checked:
 * only the proxy reaches the socket of this server, and it refuses foreign ones.
 * @throws FileProblem `forbidden`
 */
export function checkOrigin(request: IncomingMessage): void {
  const { host, origin } = request.headers;
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
