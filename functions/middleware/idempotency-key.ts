import type { MiddlewareObj } from '@middy/core';
import type { ApiEvent } from './gateway.ts';

export interface WithIdempotencyKey {
  idempotencyKey?: string;
}

/** The `Idempotency-Key` header, when there is one. */
export function idempotencyKey(): MiddlewareObj<ApiEvent & WithIdempotencyKey> {
  return {
    before: ({ event }) => {
      const key = event.headers['idempotency-key'];
      if (key === undefined) return;
      if (/^[\x21-\x7e]{1,128}$/.test(key)) event.idempotencyKey = key;
      else event.invalidFields.set('Idempotency-Key', '1 to 128 visible ASCII characters');
    },
  };
}
