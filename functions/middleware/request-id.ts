import type { MiddlewareObj } from '@middy/core';
import type { ApiEvent } from './gateway.ts';

/** Names the request in answers and logs: API Gateway's own id, which its access log has too. */
export function requestId(): MiddlewareObj<ApiEvent> {
  return {
    before: ({ event, context }) => {
      const id = event.requestContext?.requestId ?? context.awsRequestId;
      event.requestId = /^[\x21-\x7e]{1,128}$/.test(id ?? '') ? id : 'unknown';
      event.invalidFields = new Map();
    },
  };
}
