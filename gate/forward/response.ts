import type { IncomingHttpHeaders, IncomingMessage, InformationEvent, ServerResponse } from 'node:http';
import { insertTag, readDocumentStart } from '#gate/notice/document-start.ts';
import { mayHaveNotice } from '#gate/notice/notice-tag.ts';
import { forwardableTrailers, prepareForForwarding } from './backend-response.ts';
import { confineResponse, type WorkbenchScope } from './workbench-scope.ts';

/**
 * Sends the response of a workbench to the client.
 * @param tag is added to a document that a browser shows in a tab, if it can have it
 * @returns why it cannot be sent; undefined if it is sent
 */
export function forwardResponse(
  request: IncomingMessage,
  backend: IncomingMessage,
  response: ServerResponse,
  scope: WorkbenchScope,
  tag?: Buffer,
): string | undefined {
  const readsChunks = request.httpVersionMinor > 0;
  const problem = prepareForForwarding(backend, { method: request.method, readsChunks });
  if (problem !== undefined) return problem;
  confineResponse(backend.headers, scope);
  addOwnCookies(backend.headers, response);
  const writeHead = () =>
    response.writeHead(backend.statusCode as number, backend.statusMessage, backend.headers);
  destroyWithBackend(backend, response);
  if (tag === undefined || !mayHaveNotice(backend)) {
    writeHead();
    sendBody(backend, response);
    return undefined;
  }
  readDocumentStart(backend, (read, position) => {
    const start = position === undefined ? read : insertTag(read, position, tag, backend.headers);
    try {
      writeHead();
    } catch (error) {
      // Node.js cannot write a header that it could read. The caller no longer waits.
      response.destroy(error as Error);
      return;
    }
    if (start.length > 0 && !response.write(start)) backend.pause();
    if (backend.readableEnded) endResponse(backend, response);
    else sendBody(backend, response);
  });
  return undefined;
}

/**
 * Adds the cookies that the gate itself has set on the response. A cache that several users share could give them to others:
 * a response that the workbench allows it to keep gets none, and the others are marked.
 */
function addOwnCookies(headers: IncomingHttpHeaders, response: ServerResponse): void {
  const own = response.getHeader('set-cookie');
  if (!Array.isArray(own) && typeof own !== 'string') return;
  response.removeHeader('set-cookie');
  const cacheControl = headers['cache-control'];
  if (/\b(?:public|s-maxage)\b/i.test(cacheControl ?? '')) return;
  headers['cache-control'] = cacheControl === undefined ? 'private' : `${cacheControl}, private`;
  headers['set-cookie'] = [...(headers['set-cookie'] ?? []), own].flat();
}

/** As fast as the client reads. */
function sendBody(backend: IncomingMessage, response: ServerResponse): void {
  let hasSent = false;
  backend.on('data', (chunk: Buffer) => {
    hasSent = true;
    if (!response.write(chunk)) backend.pause();
  });
  response.on('drain', () => backend.resume());
  backend.once('end', () => {
    hasSent = true;
    endResponse(backend, response);
  });
  // Node.js sends the headers with the first bytes of the body. A stream of events may have none for a long time.
  setImmediate(() => {
    if (!hasSent && !response.destroyed) response.flushHeaders();
  });
}

function endResponse(backend: IncomingMessage, response: ServerResponse): void {
  const trailers = backend.rawTrailers.length === 0 ? [] : forwardableTrailers(backend);
  if (trailers.length > 0) response.addTrailers(trailers);
  response.end();
}

/** The client must not take a part for the whole. */
function destroyWithBackend(backend: IncomingMessage, response: ServerResponse): void {
  backend.once('error', () => response.destroy());
  backend.once('close', () => {
    if (!backend.complete) response.destroy();
  });
}

/**
 * Forwards `103 Early Hints` to browsers. Other clients, such as `http.client` of Python, take it for the response. The 100 is
 * sent where the body is asked for.
 */
export function forwardInformation(
  { statusCode, headers }: InformationEvent,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const isHint = statusCode === 103 && headers.link !== undefined;
  if (!isHint || request.headers['sec-fetch-mode'] === undefined || request.httpVersionMinor === 0) return;
  if (!response.headersSent && response.writable) response.writeInformation(103, { link: headers.link });
}
