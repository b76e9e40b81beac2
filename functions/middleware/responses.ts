import type { MiddlewareObj, Request } from '@middy/core';
import { httpStatusOf } from '#contract/status-codes.ts';
import { type ErrorCode, WorkbenchError } from '#core/errors.ts';
import { PortError } from '#core/ports/port-error.ts';
import type { Telemetry } from '#core/ports/telemetry.ts';
import type { ApiEvent, ApiResponse } from './gateway.ts';

/** Headers of every answer of ours, errors included. */
export function responseHeaders(): MiddlewareObj<ApiEvent, ApiResponse> {
  const add = ({ event, response }: Request<ApiEvent, ApiResponse>) => {
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

/** When to come back after an error that passes by itself and does not say when, in seconds. */
const RETRY_AFTER_SECONDS = 2;

/**
 * Turns whatever was thrown into the contract's error body. What is not a coded error is `internal`: the
 * caller gets the request's id, and the log gets the rest.
 */
export function errorResponses(telemetry: Telemetry): MiddlewareObj<ApiEvent, ApiResponse> {
  return {
    onError: (request) => {
      const { event, error } = request;
      const coded = toWorkbenchError(error);
      const status = httpStatusOf(coded.code);
      telemetry.count('api_error', 1, { code: coded.code });
      if (status >= 500) {
        const { code, reason, detail } = coded;
        const fields = { requestId: event.requestId, route: event.routeKey, code, reason, detail };
        telemetry.error('a request failed', fields, coded.cause ?? error);
      }
      const retryAfter = toRetryAfterSeconds(coded);
      request.response = {
        statusCode: status,
        headers: retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) },
        body: JSON.stringify({ success: false, error: toErrorBody(coded, event.requestId) }),
      };
    },
  };
}

function toWorkbenchError(error: unknown): WorkbenchError {
  if (error instanceof WorkbenchError) return error;
  if (error instanceof PortError) {
    const message = 'Something the controller needs does not answer just now. Try again.';
    return new WorkbenchError('unavailable', message, {
      detail: `${error.kind}: ${error.message}`,
      cause: error,
    });
  }
  return new WorkbenchError('internal', '', { cause: error });
}

function toErrorBody(error: WorkbenchError, requestId: string) {
  const message =
    error.code === 'internal'
      ? `Something went wrong. Quote request ${requestId} when you report it.`
      : error.message;
  return { code: error.code, message, reason: error.reason, fields: error.fields };
}

function toRetryAfterSeconds({ code, retryAfterSeconds }: WorkbenchError): number | undefined {
  const passes: readonly ErrorCode[] = ['unavailable', 'too_many_requests'];
  return retryAfterSeconds ?? (passes.includes(code) ? RETRY_AFTER_SECONDS : undefined);
}
