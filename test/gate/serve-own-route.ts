import { createServer, type OutgoingHttpHeaders, request as sendRequest } from 'node:http';
import { text } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';
import { closeServer, listen } from '#adapters/http-server/listen.ts';
import type { OwnRequest, OwnRoute } from '#gate/own-route.ts';

export interface OwnResponse {
  readonly status: number;
  readonly headers: OutgoingHttpHeaders;
  readonly body: string;
}

/** Serves a route of the gate as the pipeline does after its checks. Returns a function that sends a request to it. */
export async function serveOwnRoute(
  { method, path, handle }: OwnRoute,
  asked: Pick<OwnRequest, 'visitor' | 'prefix'> & { readonly workbenchId?: string },
): Promise<(headers: OutgoingHttpHeaders, body?: string, sentMethod?: string) => Promise<OwnResponse>> {
  const server = createServer((request, response) => {
    const url = new URL(`https://gate.example${request.url}`);
    handle({ request, response, url, ...asked }).catch((error: unknown) => response.destroy(error as Error));
  });
  const port = await listen(server, '127.0.0.1', 0, 'PORT');
  onTestFinished(() => closeServer(server, 0));
  return (headers, body = '', sentMethod: string = method) =>
    new Promise((resolve, reject) => {
      const request = sendRequest({ port, host: '127.0.0.1', path, method: sentMethod, headers });
      request.on('error', reject);
      request.on('response', async (response) => {
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: await text(response) });
      });
      request.end(body);
    });
}
