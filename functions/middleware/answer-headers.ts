import type { MiddlewareObj, Request } from '@middy/core';
import type { ApiEvent, GatewayAnswer } from './gateway.ts';

/** Headers of every answer of ours, errors included. */
export function answerHeaders(): MiddlewareObj<ApiEvent, GatewayAnswer> {
  const add = ({ event, response }: Request<ApiEvent, GatewayAnswer>) => {
    if (!response) return;
    response.headers = {
      ...response.headers,
      'content-type': 'application/json; charset=utf-8',
      // Status is polled, and answers belong to one user: nothing between us may keep them.
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'x-request-id': event.requestId,
    };
  };
  return { after: add, onError: add };
}
